<?php
$idp = json_decode(file_get_contents(getenv('IDP_JSON')), true);
foreach ($idp['service_providers'] as $entity => $sp) {
    $metadata[$entity] = [
        'AssertionConsumerService' => [[
            'index' => 0, 'isDefault' => true,
            'Binding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', 'Location' => $sp['acs_url'],
        ]],
        'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
        'saml20.sign.assertion' => true, 'saml20.sign.response' => $sp['sign_response'],
        'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
        'assertion.lifetime' => $sp['lifetime'],
        'authproc' => [
            5 => [
                'class' => 'saml:PersistentNameID', 'attribute' => 'uid',
                'SPNameQualifier' => $sp['sp_name_qualifier'],
            ],
        ],
    ];
}
