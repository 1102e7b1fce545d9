// A login form around npm's samlp, which reads the AuthnRequest and builds and signs the Response.
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const installed = createRequire(path.join(process.env.SAMLP_HOME, 'server.js'));
const express = installed('express');
const session = installed('express-session');
const samlp = installed('samlp');

const idp = JSON.parse(fs.readFileSync(process.argv[2]));
const run = path.dirname(process.argv[2]);
const key = fs.readFileSync(path.join(run, 'idp.key'));
const cert = fs.readFileSync(path.join(run, 'idp.crt'));

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
  const provider = request && idp.service_providers[request.issuer];
  if (!provider) return res.status(400).send('<p>Unknown service provider</p>');
  return samlp.auth({
    issuer: idp.entity_id,
    cert,
    key,
    audience: request.issuer,
    recipient: provider.acs_url,
    destination: provider.acs_url,
    signAssertion: true,
    signResponse: provider.sign_response,
    signatureAlgorithm: 'rsa-sha256',
    digestAlgorithm: 'sha256',
    lifetimeInSeconds: provider.lifetime,
    sessionIndex: req.session.id,
    nameIdentifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    getUserFromRequest: () => profile(req.session.user),
    getPostURL: (audience, dom, request, callback) => callback(null, provider.acs_url),
  })(req, res, next);
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

app.get(
  '/metadata',
  samlp.metadata({ issuer: idp.entity_id, cert, redirectEndpointPath: '/sso', postEndpointPath: '/sso' }),
);

app.use((error, req, res, next) => {
  console.error(error);
  res.status(400).send(`<p>${escape(error.message)}</p>`);
});

app.listen(idp.port, '127.0.0.1');
