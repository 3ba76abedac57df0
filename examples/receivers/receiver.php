<?php
// A receiver in plain PHP 8.1: verifies, keeps each event once and answers; work.php works afterwards.
// php -S 127.0.0.1:3000 receiver.php
declare(strict_types=1);

// region verify
/** Whether someone who knows the secret has sent this body within $tolerance seconds. */
function is_genuine(string $body, array $server, string $secret, int $tolerance = 300): bool
{
    $key = str_starts_with($secret, 'whsec_') ? (string) base64_decode(substr($secret, 6)) : $secret;
    if ($key === '') {
        throw new RuntimeException('no secret: anyone could sign');
    }
    $id = $server['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $server['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > $tolerance) {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $server['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $given) {
        if (hash_equals($expected, $given)) {
            return true;
        }
    }
    return false;
}
// endregion

/** On disk before the answer; one that came before is passed over. */
function keep(string $body): bool
{
    $id = json_decode($body, true)['event_id'] ?? '';
    if (preg_match('/^[A-Za-z0-9_.-]{1,200}$/D', $id) !== 1) {
        return false;
    }
    $folder = getenv('INBOX') ?: 'inbox';
    is_dir($folder) || mkdir($folder, recursive: true);
    $file = @fopen("$folder/$id.json", 'x');
    if ($file === false) {
        return is_file("$folder/$id.json");
    }
    return fwrite($file, $body) === strlen($body) && fsync($file) && fclose($file);
}

// region answer
$body = file_get_contents('php://input'); // The raw bytes; $_POST has only forms.
if (!is_genuine($body, $_SERVER, getenv('WEBHOOK_SECRET') ?: '')) {
    http_response_code(401);
} else {
    http_response_code(keep($body) ? 204 : 500);
}
// endregion
