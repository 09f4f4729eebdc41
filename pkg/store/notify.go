package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// BatchNotification says that a batch of records of one kind is there to be read.
type BatchNotification struct {
	Kind     string    `json:"kind"`
	Received time.Time `json:"received"` // by which the rows of the batch can be told
	From     time.Time `json:"from"`     // the first event
	To       time.Time `json:"to"`       // the last event
}

// channel is where PostgreSQL passes on arrivals.
const channel = "entra_arrivals"

// announce tells of a batch. PostgreSQL passes it on when the transaction is committed, and takes its lock for that then:
// after all others, so that writers cannot wait for each other in a circle.
func announce(ctx context.Context, tx *sqlx.Tx, kind *activity.Kind, records []*pending, received time.Time) error {
	a := BatchNotification{Kind: kind.Name, Received: received, From: records[0].Time, To: records[0].Time}
	for _, p := range records {
		if p.Time.Before(a.From) {
			a.From = p.Time
		}
		if p.Time.After(a.To) {
			a.To = p.Time
		}
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, string(text))
	return err
}

// BatchListener tells subscribers of batches as they are stored. It has a connection of its own, which no pooler in transaction
// mode can stand between, and only while somebody subscribes.
type BatchListener struct {
	db *DB

	lock        sync.Mutex
	listener    *pq.Listener
	subscribers map[*Subscription]bool
	closed      bool
}

// NewBatchListener returns what tells of batches; it does not connect.
func NewBatchListener(db *DB) *BatchListener {
	return &BatchListener{db: db, subscribers: map[*Subscription]bool{}}
}

// Subscription collects arrivals until its owner takes them. Collecting never waits for the owner.
type Subscription struct {
	Ready <-chan struct{} // something is waiting, or Closed

	of    *BatchListener
	kinds []*activity.Kind
	ready chan struct{}

	lock    sync.Mutex
	waiting []BatchNotification
	missed  int
	closed  bool
}

// A subscriber that does not keep up loses what has waited longest.
const maxWaiting = 1000

const (
	minReconnect = 100 * time.Millisecond
	maxReconnect = 5 * time.Second
	checkEvery   = 30 * time.Second
)

// Subscribe begins to collect arrivals of some kinds: all that are stored once it has returned.
func (a *BatchListener) Subscribe(ctx context.Context, kinds ...*activity.Kind) *Subscription {
	ready := make(chan struct{}, 1)
	s := &Subscription{Ready: ready, of: a, kinds: kinds, ready: ready}
	told := a.known(ctx) // before anything else, and without making other subscribers wait for the database
	a.lock.Lock()
	defer a.lock.Unlock()
	if a.closed {
		s.close()
		return s
	}
	a.subscribers[s] = true
	if a.listener == nil {
		a.listener = a.db.listener()
		go a.listen(a.listener, told)
	}
	return s
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.of.lock.Lock()
	defer s.of.lock.Unlock()
	delete(s.of.subscribers, s)
	if len(s.of.subscribers) == 0 && s.of.listener != nil {
		_ = s.of.listener.Close() // fails only where it is closed already
		s.of.listener = nil
	}
}

// Close ends all subscriptions.
func (a *BatchListener) Close() {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.closed = true
	for s := range a.subscribers {
		s.close()
	}
	clear(a.subscribers)
	if a.listener != nil {
		_ = a.listener.Close() // fails only where it is closed already
		a.listener = nil
	}
}

// Take returns what has arrived since it was last called, and how many batches were lost for lack of room.
func (s *Subscription) Take() (arrivals []BatchNotification, missed int) {
	s.lock.Lock()
	defer s.lock.Unlock()
	arrivals, missed = s.waiting, s.missed
	s.waiting, s.missed = nil, 0
	return arrivals, missed
}

// Closed says that there will be no more arrivals.
func (s *Subscription) Closed() bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.closed
}

func (s *Subscription) add(a BatchNotification) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(s.waiting) == maxWaiting {
		s.waiting = s.waiting[1:]
		s.missed++
	}
	s.waiting = append(s.waiting, a)
	s.wake()
}

func (s *Subscription) close() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.closed = true
	s.wake()
}

func (s *Subscription) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// listen passes on what PostgreSQL tells until the listener is closed. Once it is connected, and again after a lost
// connection, it looks up what it may have missed.
func (a *BatchListener) listen(listener *pq.Listener, told *history) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	connected := make(chan struct{})
	go func() {
		if listener.Listen(channel) == nil { // waits for a connection, and fails only if the listener is closed meanwhile
			close(connected)
		}
	}()
	catchUp := func() {
		for _, kind := range a.kinds() {
			for _, arrival := range a.missed(ctx, kind, told.since()) {
				a.tell(arrival, told)
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
		case n, ok := <-listener.Notify:
			if !ok {
				return
			}
			if n == nil { // connected again
				catchUp()
				continue
			}
			var arrival BatchNotification
			if json.Unmarshal([]byte(n.Extra), &arrival) == nil {
				a.tell(arrival, told)
			}
		case <-check.C:
			go listener.Ping() //nolint:errcheck // a dead connection is then noticed, and replaced
		}
	}
}

func (a *BatchListener) tell(arrival BatchNotification, told *history) {
	if !told.add(arrival) {
		return
	}
	a.lock.Lock()
	defer a.lock.Unlock()
	for s := range a.subscribers {
		if slices.ContainsFunc(s.kinds, func(kind *activity.Kind) bool { return kind.Name == arrival.Kind }) {
			s.add(arrival)
		}
	}
}

// overlap is how long a transaction that writes a batch may take, as far as catching up is concerned: a batch is known by
// the time its transaction began, and seen when it is committed.
const overlap = time.Minute

// history remembers the arrivals told lately, so that none is told twice.
type history struct {
	newest time.Time
	told   map[BatchNotification]bool
}

func newHistory(now time.Time) *history {
	return &history{newest: now, told: map[BatchNotification]bool{}}
}

// add notes an arrival; false if it was told before.
func (h *history) add(a BatchNotification) bool {
	key := BatchNotification{Kind: a.Kind, Received: a.Received.UTC()}
	if h.told[key] {
		return false
	}
	h.told[key] = true
	if key.Received.After(h.newest) {
		h.newest = key.Received
		for old := range h.told {
			if old.Received.Before(h.newest.Add(-2 * overlap)) {
				delete(h.told, old)
			}
		}
	}
	return true
}

// since returns when batches that were not told may have begun to be written.
func (h *history) since() time.Time { return h.newest.Add(-overlap) }

// known returns the history of somebody who subscribes now: what is stored already need not be told. Where the database
// is away, that is not known, and what it has from right before may be told, too.
func (a *BatchListener) known(ctx context.Context) *history {
	now := time.Now()
	_ = a.db.GetContext(ctx, &now, "SELECT now()") // batches are known by the database's time; where it is away, our own does
	told := newHistory(now.UTC())
	for _, kind := range activity.Kinds() {
		stored, err := a.stored(ctx, kind, told.since())
		if err != nil {
			break
		}
		for _, arrival := range stored {
			told.add(arrival)
		}
	}
	return told
}

// kinds lists those that somebody subscribes to.
func (a *BatchListener) kinds() (kinds []*activity.Kind) {
	a.lock.Lock()
	defer a.lock.Unlock()
	for s := range a.subscribers {
		for _, kind := range s.kinds {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

// missed looks up the batches of a kind that came in since. When a connection was lost, others may have to be made anew: it
// tries for some seconds.
func (a *BatchListener) missed(ctx context.Context, kind *activity.Kind, since time.Time) (arrivals []BatchNotification) {
	for attempt := range 10 {
		var err error
		if arrivals, err = a.stored(ctx, kind, since); err == nil {
			break
		}
		time.Sleep(time.Duration(attempt) * minReconnect)
	}
	return arrivals
}

// stored looks up the batches of a kind that came in since.
func (a *BatchListener) stored(ctx context.Context, kind *activity.Kind, since time.Time) (arrivals []BatchNotification, err error) {
	err = a.db.SelectContext(ctx, &arrivals, fmt.Sprintf(`SELECT '%s' AS kind, received, min(time) AS "from", max(time) AS "to" FROM %s WHERE received > $1 GROUP BY received ORDER BY received`, kind.Name, Table(kind)), since)
	return arrivals, err
}

// listener opens a connection of its own for notifications, with the settings of the pool.
func (db *DB) listener() *pq.Listener {
	if db.dialer != nil {
		return pq.NewDialListener(db.dialer, db.address, minReconnect, maxReconnect, nil)
	}
	return pq.NewListener(db.address, minReconnect, maxReconnect, nil)
}

// address writes connection settings as a connection string, which is all that a listener takes.
func address(c *pq.Config) string {
	var b strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for _, setting := range []struct{ name, value string }{
		{"host", c.Host}, {"port", strconv.Itoa(int(c.Port))}, {"dbname", c.Database}, {"user", c.User}, {"password", c.Password},
		{"sslmode", string(c.SSLMode)}, {"connect_timeout", strconv.Itoa(int(c.ConnectTimeout.Seconds()))}, {"application_name", c.ApplicationName},
	} {
		if setting.value != "" {
			fmt.Fprintf(&b, "%s='%s' ", setting.name, escape.Replace(setting.value))
		}
	}
	return b.String()
}
