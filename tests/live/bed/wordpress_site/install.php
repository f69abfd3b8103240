<?php
/* Installs WordPress and prints an application password: install.php TITLE USER PASSWORD URL */
[, $title, $user, $password, $url] = $argv;
$_SERVER['HTTP_HOST'] = parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
define('WP_INSTALLING', true);
ini_set('display_errors', 'stderr');
ini_set('error_log', '/dev/stderr');
require __DIR__ . '/www/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
// It would ask the site, which does not run yet, whether it can rewrite addresses.
add_filter('pre_http_request', function () { return new WP_Error('bed', 'nothing is asked'); });
$made = wp_install($title, $user, 'diarist@example.org', false, '', $password);
foreach (['ping_sites' => '', 'default_pingback_flag' => '', 'default_ping_status' => 'closed'] as $name => $value) {
    update_option($name, $value);
}
[$application_password] = WP_Application_Passwords::create_new_application_password(
    $made['user_id'], ['name' => 'tests']);
echo "\napplication password: $application_password\n";
