<?php
$idp = json_decode(file_get_contents(getenv('IDP_JSON')), true);
foreach ($idp['service_providers'] as $entity => $sp) {
    $signature = $sp['digest'] === 'sha1'
        ? 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'
        : "http://www.w3.org/2001/04/xmldsig-more#rsa-{$sp['digest']}";
    $metadata[$entity] = [
        'AssertionConsumerService' => [[
            'index' => 0, 'isDefault' => true,
            'Binding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', 'Location' => $sp['acs_url'],
        ]],
        'SingleLogoutService' => [[
            'Binding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-'
                . ($sp['slo_binding'] === 'post' ? 'POST' : 'Redirect'),
            'Location' => $sp['slo_url'],
        ]],
        'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
        'saml20.sign.assertion' => in_array($sp['signed'], ['assertion', 'both']),
        'saml20.sign.response' => in_array($sp['signed'], ['response', 'both']),
        'signature.algorithm' => $signature, 'sign.logout' => true,
        'assertion.encryption' => in_array('assertion', $sp['encrypts']),
        'nameid.encryption' => in_array('name_id', $sp['encrypts']),
        'assertion.lifetime' => $sp['lifetime'],
        'authproc' => [
            5 => [
                'class' => 'saml:PersistentNameID', 'attribute' => 'uid',
                'SPNameQualifier' => $sp['sp_name_qualifier'],
            ],
        ],
    ];
    if ($sp['certificate']) {
        $metadata[$entity]['certData'] = $sp['certificate'];
    }
}
