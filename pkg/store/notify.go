package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// BatchNotification is the news that a batch of records of one kind is stored.
type BatchNotification struct {
	Kind     string    `json:"kind"`
	Received time.Time `json:"received"` // by which queries find the rows of the batch
	From     time.Time `json:"from"`     // the first event
	To       time.Time `json:"to"`       // the last event
}

// channel is PostgreSQL's channel of batch notifications.
const channel = "entra_arrivals"

// notify notifies listeners of a batch. PostgreSQL sends the notification when the transaction is committed, and takes
// its lock for that then: after all others, so that writers cannot wait for each other in a circle.
func (t *transaction) notify(ctx context.Context, kind *activity.Kind, records []*pending) error {
	byTime := func(a, b *pending) int { return a.Time.Compare(b.Time) }
	text, err := json.Marshal(BatchNotification{
		kind.Name, t.now, slices.MinFunc(records, byTime).Time, slices.MaxFunc(records, byTime).Time,
	})
	if err == nil {
		_, err = t.tx.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, string(text))
	}
	return err
}

// BatchListener passes batch notifications on to subscribers. While it has any, it has a connection of its own, which
// must be a direct one: a pooler in transaction mode passes no notifications on.
type BatchListener struct {
	db *DB

	lock        sync.Mutex
	listener    *pq.Listener
	subscribers map[*Subscription]bool
	closed      bool
}

// NewBatchListener returns a listener; it does not connect.
func NewBatchListener(db *DB) *BatchListener {
	return &BatchListener{db: db, subscribers: map[*Subscription]bool{}}
}

// Subscription collects batch notifications until its owner takes them. Collecting never waits for the owner.
type Subscription struct {
	Ready <-chan struct{} // something is waiting, or Closed

	listener *BatchListener
	kinds    []*activity.Kind
	ready    chan struct{}

	lock    sync.Mutex
	waiting []BatchNotification
	missed  int
	closed  bool
}

// maxWaiting bounds the notifications that wait for a subscription's owner; past it, the oldest are lost.
const maxWaiting = 1000

const (
	minReconnect = 100 * time.Millisecond
	maxReconnect = 5 * time.Second
	checkEvery   = 30 * time.Second
)

// Subscribe begins to collect notifications of some kinds: of all batches that are stored once it has returned.
func (l *BatchListener) Subscribe(ctx context.Context, kinds ...*activity.Kind) *Subscription {
	ready := make(chan struct{}, 1)
	s := &Subscription{Ready: ready, listener: l, kinds: kinds, ready: ready}
	seen := l.stored(ctx) // before anything else, and without making other subscribers wait for the database
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.closed {
		s.close()
		return s
	}
	l.subscribers[s] = true
	if l.listener == nil {
		l.listener = l.db.listener()
		go l.listen(l.listener, seen)
	}
	return s
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.listener.lock.Lock()
	defer s.listener.lock.Unlock()
	delete(s.listener.subscribers, s)
	if len(s.listener.subscribers) == 0 {
		s.listener.disconnect()
	}
}

// Close ends all subscriptions.
func (l *BatchListener) Close() {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.closed = true
	for s := range l.subscribers {
		s.close()
	}
	clear(l.subscribers)
	l.disconnect()
}

func (l *BatchListener) disconnect() {
	if l.listener != nil {
		_ = l.listener.Close() // fails only where it is closed already
		l.listener = nil
	}
}

// Take returns the notifications since it was last called, and how many were lost for lack of room.
func (s *Subscription) Take() (batches []BatchNotification, missed int) {
	s.lock.Lock()
	defer s.lock.Unlock()
	batches, missed = s.waiting, s.missed
	s.waiting, s.missed = nil, 0
	return batches, missed
}

// Closed reports whether the subscription has ended: there will be no more notifications.
func (s *Subscription) Closed() bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.closed
}

func (s *Subscription) add(n BatchNotification) {
	s.update(func() {
		if len(s.waiting) == maxWaiting {
			s.waiting = s.waiting[1:]
			s.missed++
		}
		s.waiting = append(s.waiting, n)
	})
}

func (s *Subscription) close() { s.update(func() { s.closed = true }) }

// update changes the subscription and wakes its owner.
func (s *Subscription) update(change func()) {
	s.lock.Lock()
	defer s.lock.Unlock()
	change()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// listen passes notifications on until the listener is closed. Once it is connected, and again after a lost connection,
// it looks up the batches it may have missed.
func (l *BatchListener) listen(listener *pq.Listener, seen *history) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	connected := make(chan struct{})
	go func() {
		if listener.Listen(channel) == nil { // waits for a connection, and fails only if the listener is closed meanwhile
			close(connected)
		}
	}()
	catchUp := func() {
		for _, kind := range l.kinds() {
			for _, n := range l.missed(ctx, kind, seen.since()) {
				l.publish(n, seen)
			}
		}
	}
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	for {
		select {
		case <-connected:
			connected = nil
			catchUp()
		case received, ok := <-listener.Notify:
			if !ok {
				return
			}
			if received == nil { // connected again
				catchUp()
				continue
			}
			var n BatchNotification
			if json.Unmarshal([]byte(received.Extra), &n) == nil {
				l.publish(n, seen)
			}
		case <-check.C:
			go listener.Ping() //nolint:errcheck // a dead connection is then noticed, and replaced
		}
	}
}

// publish passes a notification on to its kind's subscribers, unless it was passed on before.
func (l *BatchListener) publish(n BatchNotification, seen *history) {
	if !seen.add(n) {
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	for s := range l.subscribers {
		if slices.ContainsFunc(s.kinds, func(kind *activity.Kind) bool { return kind.Name == n.Kind }) {
			s.add(n)
		}
	}
}

// overlap is how long a transaction that writes a batch may take, as far as catching up is concerned: a batch is known by
// the time its transaction began, and visible when it is committed.
const overlap = time.Minute

// history remembers the recent batches, so that none is published twice.
type history struct {
	newest time.Time
	seen   map[BatchNotification]bool
}

func newHistory(now time.Time) *history {
	return &history{newest: now, seen: map[BatchNotification]bool{}}
}

// add remembers a batch, and reports whether it is new.
func (h *history) add(n BatchNotification) bool {
	key := BatchNotification{Kind: n.Kind, Received: n.Received.UTC()}
	if h.seen[key] {
		return false
	}
	h.seen[key] = true
	if key.Received.After(h.newest) {
		h.newest = key.Received
		maps.DeleteFunc(h.seen, func(old BatchNotification, _ bool) bool {
			return old.Received.Before(h.newest.Add(-2 * overlap))
		})
	}
	return true
}

// since returns the time after which batches that are not in the history may have begun to be written.
func (h *history) since() time.Time { return h.newest.Add(-overlap) }

// stored returns the history of what is stored already, for the first subscriber. Where the database does not answer, it
// is empty, and batches from right before may be published, too.
func (l *BatchListener) stored(ctx context.Context) *history {
	now := time.Now()
	_ = l.db.GetContext(ctx, &now, "SELECT now()") // batches are known by the database's time; failing that, by our own
	seen := newHistory(now.UTC())
	for _, kind := range activity.Kinds() {
		batches, err := l.batches(ctx, kind, seen.since())
		if err != nil {
			break
		}
		for _, n := range batches {
			seen.add(n)
		}
	}
	return seen
}

// kinds returns the kinds that have subscribers.
func (l *BatchListener) kinds() (kinds []*activity.Kind) {
	l.lock.Lock()
	defer l.lock.Unlock()
	for s := range l.subscribers {
		for _, kind := range s.kinds {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

// missed returns the batches of a kind since a time. When a connection was lost, the pool's may have to be made anew:
// missed tries for some seconds.
func (l *BatchListener) missed(ctx context.Context, kind *activity.Kind, since time.Time) (batches []BatchNotification) {
	for attempt := range 10 {
		var err error
		if batches, err = l.batches(ctx, kind, since); err == nil {
			break
		}
		time.Sleep(time.Duration(attempt) * minReconnect)
	}
	return batches
}

// batches reads the batches of a kind since a time.
func (l *BatchListener) batches(ctx context.Context, kind *activity.Kind, since time.Time) (batches []BatchNotification, err error) {
	err = l.db.SelectContext(ctx, &batches, fmt.Sprintf(`SELECT '%s' AS kind, received, min(time) AS "from", max(time) AS "to"
FROM %s WHERE received > $1 GROUP BY received ORDER BY received`, kind.Name, Table(kind)), since)
	return batches, err
}

// listener opens a connection of its own for notifications, with the settings of the pool.
func (db *DB) listener() *pq.Listener {
	if db.dialer != nil {
		return pq.NewDialListener(db.dialer, db.address, minReconnect, maxReconnect, nil)
	}
	return pq.NewListener(db.address, minReconnect, maxReconnect, nil)
}

// address returns connection settings as a connection string, which is all that a listener takes.
func address(c *pq.Config) string {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for _, setting := range []struct{ name, value string }{
		{"host", c.Host}, {"port", strconv.Itoa(int(c.Port))}, {"dbname", c.Database},
		{"user", c.User}, {"password", c.Password}, {"sslmode", string(c.SSLMode)},
		{"connect_timeout", strconv.Itoa(int(c.ConnectTimeout.Seconds()))}, {"application_name", c.ApplicationName},
	} {
		if setting.value != "" {
			fmt.Fprintf(&b, "%s='%s' ", setting.name, escape.Replace(setting.value))
		}
	}
	return b.String()
}
