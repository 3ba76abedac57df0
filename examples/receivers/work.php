<?php
// Works off what receiver.php has kept, the oldest first: php work.php, from cron or in a loop.
declare(strict_types=1);

$waiting = [];
foreach (glob((getenv('INBOX') ?: 'inbox') . '/*.json') as $file) {
    $done = substr($file, 0, -5) . '.done';
    $event = is_file($done) ? null : json_decode(file_get_contents($file), true);
    if ($event !== null) { // Not one that is being written just now.
        $waiting[$done] = $event;
    }
}
uasort($waiting, fn ($a, $b) => $a['timestamp'] <=> $b['timestamp']);
foreach ($waiting as $done => $event) {
    echo "handled {$event['event_type']} {$event['event_id']}\n";
    touch($done);
}
