// A login form around npm's samlp, which reads the AuthnRequest and builds and signs the Response.
'use strict';
const fs = require('fs');
const path = require('path');
const { X509Certificate } = require('crypto');
const { createRequire } = require('module');

const installed = createRequire(path.join(process.env.SAMLP_HOME, 'server.js'));
const express = installed('express');
const session = installed('express-session');
const samlp = installed('samlp');
const SessionParticipants = installed('samlp/lib/sessionParticipants');
const { SignedXml } = installed('xml-crypto');

const idp = JSON.parse(fs.readFileSync(process.argv[2]));
const run = path.dirname(process.argv[2]);
const key = fs.readFileSync(path.join(run, 'idp.key'));
const cert = fs.readFileSync(path.join(run, 'idp.crt'));

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const BINDINGS = {
  redirect: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
  post: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
};

const app = express();
app.use(express.urlencoded({ extended: false }));
app.use(session({ name: 'IdpSession', secret: 'for-tests-only', resave: false, saveUninitialized: false }));

function escape(text) {
  return String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function profile(name) {
  const of = idp.users[name].attributes;
  return {
    id: name,
    displayName: `${of.givenName[0]} ${of.sn[0]}`,
    name: { givenName: of.givenName[0], familyName: of.sn[0] },
    emails: of.mail.map((value) => ({ value })),
  };
}

function parseRequest(req) {
  return new Promise((resolve, reject) => {
    samlp.parseRequest(req, (error, request) => (error ? reject(error) : resolve(request)));
  });
}

async function answer(req, res, next) {
  const request = await parseRequest(req);
  const entity = request ? request.issuer : req.query.sp;
  const provider = idp.service_providers[entity];
  if (!provider) return res.status(400).send('<p>Unknown service provider</p>');
  // What samlp calls a participant is one service that this browser is signed in to.
  const participants = (req.session.participants ??= []);
  participants.push({
    serviceProviderId: entity,
    nameId: req.session.user,
    nameIdFormat: PERSISTENT,
    sessionIndex: req.session.id,
    serviceProviderLogoutURL: provider.slo_url,
    binding: BINDINGS[provider.slo_binding],
  });
  return samlp.auth({
    issuer: idp.entity_id,
    cert,
    key,
    audience: entity,
    recipient: provider.acs_url,
    destination: provider.acs_url,
    lifetimeInSeconds: provider.lifetime,
    sessionIndex: req.session.id,
    nameIdentifierFormat: PERSISTENT,
    getUserFromRequest: () => profile(req.session.user),
    getPostURL: (audience, dom, request, callback) => callback(null, provider.acs_url),
    ...signing(provider),
    ...encryption(provider),
  })(req, res, next);
}

// samlp knows no name for SHA-512. xml-crypto, which it signs with, does.
function signing(provider) {
  const { signed, digest } = provider;
  if (digest === 'sha512') {
    return {
      signAssertion: false,
      signResponse: false,
      responseHandler: (xml, options, req, res) => {
        const parts = { assertion: ['Assertion'], response: ['Response'], both: ['Assertion', 'Response'] };
        post(res, provider.acs_url, parts[signed].reduce(signWithSha512, String(xml)), req.query.RelayState);
      },
    };
  }
  return {
    signAssertion: ['assertion', 'both'].includes(signed),
    signResponse: ['response', 'both'].includes(signed),
    signatureAlgorithm: `rsa-${digest}`,
    digestAlgorithm: digest,
  };
}

function signWithSha512(xml, name) {
  const signature = new SignedXml(null, {
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
    idAttribute: 'ID',
  });
  signature.addReference(
    `//*[local-name(.)='${name}']`,
    ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'],
    'http://www.w3.org/2001/04/xmlenc#sha512',
  );
  signature.signingKey = key;
  signature.computeSignature(xml, {
    location: { reference: `//*[local-name(.)='${name}']/*[local-name(.)='Issuer']`, action: 'after' },
  });
  return signature.getSignedXml();
}

function encryption(provider) {
  if (!provider.encrypts.length) return {};
  const certificate = new X509Certificate(Buffer.from(provider.certificate, 'base64'));
  return {
    encryptionCert: certificate.toString(),
    encryptionPublicKey: certificate.publicKey.export({ type: 'spki', format: 'pem' }),
    encryptionAlgorithm: provider.content,
    disallowEncryptionWithInsecureAlgorithm: false,
    warnOnInsecureEncryptionAlgorithm: false,
  };
}

function post(res, url, xml, relayState) {
  const field = (name, value) => `<input type="hidden" name="${name}" value="${escape(value)}">`;
  res.send(
    `<!doctype html><title>Continue</title><form method="post" action="${escape(url)}">` +
      field('SAMLResponse', Buffer.from(xml).toString('base64')) +
      field('RelayState', relayState || '') +
      '<button>Continue</button></form>',
  );
}

app.get('/sso', (req, res, next) => {
  if (req.session.user) return answer(req, res, next).catch(next);
  return res.send(
    '<!doctype html><title>Sign in</title><form method="post" action="/login">' +
      `<input type="hidden" name="next" value="${escape(req.originalUrl)}">` +
      '<input type="text" name="username"><input type="password" name="password">' +
      '<button>Sign in</button></form>',
  );
});

app.post('/login', (req, res) => {
  const { username, password, next } = req.body;
  const user = Object.hasOwn(idp.users, username) && idp.users[username];
  if (!user || user.password !== password) return res.status(401).send('<p>Wrong password</p>');
  req.session.user = username;
  return res.redirect(303, next);
});

app.get('/logout', (req, res, next) => {
  req.body ??= {};
  return samlp.logout({
    issuer: idp.entity_id,
    cert,
    key,
    deflate: true,
    protocolBinding: BINDINGS.redirect,
    sessionParticipants: new SessionParticipants(req.session.participants),
    clearIdPSession: (done) => {
      delete req.session.user;
      done();
    },
  })(req, res, next);
});

app.get(
  '/metadata',
  samlp.metadata({ issuer: idp.entity_id, cert, redirectEndpointPath: '/sso', postEndpointPath: '/sso' }),
);

app.use((error, req, res, next) => {
  console.error(error);
  res.status(400).send(`<p>${escape(error.message)}</p>`);
});

app.listen(idp.port, '127.0.0.1');
