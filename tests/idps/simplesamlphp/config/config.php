<?php
$idp = json_decode(file_get_contents(getenv('IDP_JSON')), true);
$run = dirname(getenv('IDP_JSON'));
$config = [
    'baseurlpath' => "http://127.0.0.1:{$idp['port']}/simplesaml/",
    'certdir' => "$run/", 'loggingdir' => "$run/log/", 'datadir' => "$run/data/", 'tempdir' => "$run/tmp",
    'metadatadir' => dirname(__DIR__) . '/metadata/',
    'attributenamemapdir' => getenv('SIMPLESAMLPHP_HOME') . '/config/attributemap/',
    'timezone' => 'UTC', 'secretsalt' => 'for-tests-only', 'auth.adminpassword' => 'for-tests-only',
    'admin.checkforupdates' => false, 'production' => true,
    'technicalcontact_name' => 'tests', 'technicalcontact_email' => 'tests@example.org',
    'trusted.url.domains' => null, 'enable.http_post' => true, 'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
    'logging.handler' => 'file', 'logging.logfile' => 'simplesamlphp.log', 'logging.level' => 6,
    'showerrors' => true, 'errorreporting' => false,
    'store.type' => 'phpsession', 'session.phpsession.savepath' => "$run/sessions",
    'session.phpsession.cookiename' => 'IdpSession', 'session.cookie.secure' => false,
    'session.cookie.samesite' => null, 'language.cookie.secure' => false,
    'language.available' => ['en'], 'language.default' => 'en', 'theme.use' => 'default',
    'metadata.sources' => [['type' => 'flatfile']], 'authproc.idp' => [],
    'metadata.sign.enable' => true, 'metadata.sign.privatekey' => 'idp.key', 'metadata.sign.certificate' => 'idp.crt',
];
