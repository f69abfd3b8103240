<?php
/*
 * A must-use plugin: kills or delays a write of a post before its commit, after it, or before the answer.
 * harm.conf says which, and harm.log keeps what was done; no request can choose. It also lets no mail out.
 */
add_filter('pre_wp_mail', '__return_true');
add_filter('wp_insert_post_data', function ($data) {
    if ($data['post_type'] === 'post' && $data['post_status'] !== 'auto-draft') bed_strike('before', 'save');
    return $data;
});
// XML-RPC makes an auto-draft first (get_default_post_to_edit), and the post of it then: that is the write.
add_action('save_post_post', function ($id, $post) {
    if ($post->post_status !== 'auto-draft') bed_strike('between', 'save');
}, 10, 2);
add_filter('pre_delete_post', function ($go, $post) {
    if ($post->post_type === 'post') bed_strike('before', 'delete');
    return $go;
}, 10, 2);
add_action('deleted_post', function ($id, $post) {
    if ($post->post_type === 'post') bed_strike('between', 'delete');
}, 10, 2);
add_action('shutdown', function () { bed_strike('after', ''); }, 0);  // 0: before what was printed is sent

// One lot a request, at its first write.
function bed_strike($stage, $write) {
    static $name = '';
    if (PHP_SAPI === 'cli') return;
    if ($name === '' && $write !== '') $name = bed_lot($write);
    if ($name === "kill_$stage") posix_kill(getmypid(), 9);
    if ($name === "sleep_$stage") sleep((int) bed_conf()['sleep_seconds']);
}

function bed_conf() {
    $lines = @file(BED_HARM . '/harm.conf', FILE_IGNORE_NEW_LINES) ?: [];
    $conf = [];
    foreach ($lines as $line) {
        [$key, $value] = explode('=', $line, 2);
        $conf[trim($key)] = trim($value);
    }
    return $conf;
}

function bed_lot($write) {
    $conf = bed_conf();
    if (!$conf || !in_array($write, explode(' ', $conf['methods']), true)) return 'none';
    $log = fopen(BED_HARM . '/done.log', 'a+');
    flock($log, LOCK_EX);
    rewind($log);
    $number = substr_count(stream_get_contents($log), "\n");
    $name = $conf['plan'] !== '' ? (explode(' ', $conf['plan'])[$number] ?? 'none') : bed_drawn($conf, $number);
    fwrite($log, "$write $name\n");
    fclose($log);
    return $name;
}

// As Blog::Harm of the Perl blog draws it.
function bed_drawn($conf, $number) {
    $lot = unpack('N', hash('sha256', "$conf[seed]:$number", true))[1] / 2 ** 32;
    foreach (['before', 'between', 'after'] as $stage) {
        foreach (["kill_$stage", "sleep_$stage"] as $name) {
            $lot -= (float) ($conf[$name] ?? 0);
            if ($lot < 0) return $name;
        }
    }
    return 'none';
}
