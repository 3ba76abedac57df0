// A receiver on net/http: verifies, keeps each event once, answers, and works afterwards. Go 1.19 or newer.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

// region verify
// signingKey is of whsec_ and base64 its bytes, of any other text that text.
func signingKey(secret string) ([]byte, error) {
	key, err := []byte(secret), error(nil)
	if strings.HasPrefix(secret, "whsec_") {
		key, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	}
	if err == nil && len(key) == 0 {
		err = errors.New("no secret: anyone could sign")
	}
	return key, err
}

// isGenuine tells whether someone who knows the key has sent this body within tolerance.
func isGenuine(body []byte, header http.Header, key []byte, tolerance time.Duration) bool {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Split(header.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(given), []byte(expected)) {
			return true
		}
	}
	return false
}

// endregion

var eventID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,200}$`)

// inbox keeps a file for each event, before the answer, and works them off after it.
type inbox struct {
	folder  string
	waiting chan string
}

// keep passes over an event that came before.
func (in inbox) keep(body []byte) error {
	var event struct {
		ID string `json:"event_id"`
	}
	if err := json.Unmarshal(body, &event); err != nil || !eventID.MatchString(event.ID) {
		return errors.New("this is no event")
	}
	file, err := os.OpenFile(filepath.Join(in.folder, event.ID+".json"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(body); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	in.waiting <- event.ID
	return nil
}

// work takes one event after the other, those first that an earlier run left.
func (in inbox) work(left []string) {
	for _, id := range left {
		in.handle(id)
	}
	for id := range in.waiting {
		in.handle(id)
	}
}

// left is what an earlier run kept, the oldest first.
func (in inbox) left() ([]string, error) {
	entries, err := os.ReadDir(in.folder)
	if err != nil {
		return nil, err
	}
	keptAt := map[string]time.Time{}
	ids := []string{}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && strings.HasSuffix(entry.Name(), ".json") {
			id := strings.TrimSuffix(entry.Name(), ".json")
			keptAt[id] = info.ModTime()
			ids = append(ids, id)
		}
	}
	sort.Slice(ids, func(a, b int) bool { return keptAt[ids[a]].Before(keptAt[ids[b]]) })
	return ids, nil
}

// handle does nothing for an event that is done.
func (in inbox) handle(id string) {
	path := filepath.Join(in.folder, id)
	if _, err := os.Stat(path + ".done"); err == nil {
		return
	}
	var event struct {
		Type string `json:"event_type"`
	}
	body, err := os.ReadFile(path + ".json")
	if err == nil {
		err = json.Unmarshal(body, &event)
	}
	if err == nil {
		fmt.Println("handled", event.Type, id)
		err = os.WriteFile(path+".done", nil, 0o600)
	}
	if err != nil {
		log.Printf("%s is tried again at the next start: %v", id, err)
	}
}

func main() {
	key, err := signingKey(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	in := inbox{folder: setting("INBOX", "inbox"), waiting: make(chan string, 1000)}
	if err := os.MkdirAll(in.folder, 0o700); err != nil {
		log.Fatal(err)
	}
	left, err := in.left()
	if err != nil {
		log.Fatal(err)
	}
	go in.work(left)

	// region answer
	http.HandleFunc("/hook", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		} else if !isGenuine(body, r.Header, key, 5*time.Minute) {
			http.Error(w, "signature", http.StatusUnauthorized)
		} else if err := in.keep(body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		} else {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	// endregion

	listener, err := net.Listen("tcp", "127.0.0.1:"+setting("PORT", "3000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
