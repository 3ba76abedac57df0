"""A receiver on Flask: verifies, keeps each event once, answers, and works afterwards. Python 3.8 or newer."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import queue
import re
import threading
import time

from flask import Flask, request

SECRET = os.environ.get("WEBHOOK_SECRET", "")
INBOX = pathlib.Path(os.environ.get("INBOX", "inbox"))


# region verify
def signing_key(secret):
    """Of whsec_ and base64 its bytes, of any other text that text."""
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    if not key:
        raise ValueError("no secret: anyone could sign")
    return key


def is_genuine(body, headers, secret, tolerance=300):
    """Whether someone who knows the secret has sent this body within `tolerance` seconds."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > tolerance:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(signing_key(secret), signed, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(digest)
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(expected, one) for one in given)
# endregion


app = Flask(__name__)
waiting = queue.Queue()


# region answer
@app.post("/hook")
def hook():
    body = request.get_data()  # The raw bytes: before request.json or request.form.
    if not is_genuine(body, request.headers, SECRET):
        return {"error": "signature"}, 401
    keep(json.loads(body))
    return "", 204


def keep(event):
    """On disk before the answer; one that came before is passed over."""
    event_id = event["event_id"]
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,200}", event_id):
        raise ValueError("this is no event")
    try:
        with open(INBOX / f"{event_id}.json", "x") as file:
            json.dump(event, file)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return
    waiting.put(event_id)
# endregion


def work():
    """One event after the other; what failed is tried again at the next start."""
    while True:
        event_id = waiting.get()
        try:
            event = json.loads((INBOX / f"{event_id}.json").read_text())
            print("handled", event["event_type"], event_id, flush=True)
            (INBOX / f"{event_id}.done").touch()
        except Exception as error:
            print(event_id, "failed:", error, flush=True)


if __name__ == "__main__":
    signing_key(SECRET)
    INBOX.mkdir(parents=True, exist_ok=True)
    for left in sorted(INBOX.glob("*.json"), key=lambda file: file.stat().st_mtime_ns):
        if not left.with_suffix(".done").exists():
            waiting.put(left.stem)
    threading.Thread(target=work, daemon=True).start()
    app.run("127.0.0.1", int(os.environ.get("PORT", "3000")))
