<?php
$users = ['exampleauth:UserPass'];
foreach (json_decode(file_get_contents(getenv('IDP_JSON')), true)['users'] as $name => $user) {
    $users["$name:{$user['password']}"] = $user['attributes'];
}
$config = ['admin' => ['core:AdminPassword'], 'people' => $users];
