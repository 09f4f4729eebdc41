// Package exporter publishes what a store has counted as Prometheus metrics.
//
// Every scrape reads one snapshot of the database. The exporter keeps three things between scrapes: labels; the highest
// value of each counter, so that no mishap in the database makes a counter fall; and what is too expensive to read each
// time.
package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	versioncollector "github.com/prometheus/client_golang/prometheus/collectors/version"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	// timeoutHeader has the time that Prometheus will wait; replyTime is what is left of it for the reply's way back.
	timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"
	replyTime     = 500 * time.Millisecond
	// timeoutStep is what timeouts are rounded to, so that there are few different ones whatever the header says.
	timeoutStep = 100 * time.Millisecond

	maxRequestsInFlight    = 20
	defaultRefreshInterval = 5 * time.Minute
	shutdownTimeout        = 10 * time.Second
)

// Options are the exporter's settings.
type Options struct {
	// ScrapeTimeout is the longest a scrape may take; a scraper that announces less gets less.
	ScrapeTimeout time.Duration
	// ZeroHold is how long a new counter shows 0 before it shows its value: two scrape intervals, so that the increase
	// from 0 is seen.
	ZeroHold time.Duration
	// AllowStandby lets the exporter read a hot standby, whose counters may lag behind another's.
	AllowStandby bool
	// Collectors are the names of those to run; nil: the default ones.
	Collectors []string
	// MaxSeries is about how many series a family may have; what is beyond counts as "other". 0: any number.
	MaxSeries int
	// AllowApplications are the IDs of those that may have series of their own; none: all may.
	AllowApplications []string
	// DenyApplications are the IDs of applications that always count as "other".
	DenyApplications []string
	// RefreshInterval is how often expensive collectors run, in the background; 0: every 5 minutes. One that takes long
	// runs less often.
	RefreshInterval time.Duration
	// CreatedSamples adds times of creation to OpenMetrics text, as series of their own; protobuf has them anyway.
	CreatedSamples bool
}

// Exporter answers scrapes from a store.
type Exporter struct {
	db         *store.DB
	options    Options
	collectors []*collector
	logger     *slog.Logger

	registry   *prometheus.Registry    // the metrics about this process
	samples    map[*collector]*samples // each for its collector, which runs once at a time
	background background

	reading    chan struct{} // holds a token while the database is being read: one reading at a time
	decided    bool          // whether this process has decided about series yet; for the token's holder
	cannotNote atomic.Bool   // whether decisions cannot be noted in the database

	lock     sync.Mutex
	scrapers map[time.Duration]http.Handler // by timeout
}

// New returns an exporter of what db holds.
func New(db *store.DB, options Options, logger *slog.Logger) *Exporter {
	options.RefreshInterval = cmp.Or(options.RefreshInterval, defaultRefreshInterval)
	e := &Exporter{
		db: db, options: options, collectors: chosen(options.Collectors), logger: logger,
		registry:   prometheus.NewRegistry(),
		samples:    map[*collector]*samples{},
		background: newBackground(),
		reading:    make(chan struct{}, 1),
		scrapers:   map[time.Duration]http.Handler{},
	}
	regressions := prometheus.NewCounter(prometheus.CounterOpts{
		// Not "counter_regressions": promlint refuses a metric's type in its name.
		Name: "entra_exporter_regressions_total",
		Help: "How often a counter was lower in the database than at the scrape before; it is published unchanged until it has caught up.",
	})
	e.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		versioncollector.NewCollector("entra_exporter"),
		regressions,
	)
	for _, c := range e.collectors {
		e.samples[c] = &samples{zeroHold: options.ZeroHold, regressions: regressions, index: map[series]*sample{}}
	}
	return e
}

// Handler serves the landing page, the metrics and the probes.
func (e *Exporter) Handler() (http.Handler, error) {
	landing, err := web.NewLandingPage(web.LandingConfig{
		Name:        "Entra ID Activity Exporter",
		Description: "Prometheus metrics of Microsoft Entra ID activity and its ingest.",
		Version:     version.Info(),
		Profiling:   "false",
		Links: []web.LandingLinks{
			{Address: "/metrics", Text: "Metrics"},
			{Address: "/-/healthy", Text: "Healthy", Description: "the exporter runs"},
			{Address: "/-/ready", Text: "Ready", Description: "the database answers and has the right schema"},
		},
	})
	if err != nil {
		return nil, err
	}
	// A scrape spent a quarter of its time on compression before it had a compressor made for speed.
	compressed, err := gzhttp.NewWrapper(gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", landing)
	mux.Handle("/metrics", compressed(promhttp.InstrumentMetricHandler(e.registry, http.HandlerFunc(e.serveMetrics))))
	mux.HandleFunc("/-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "The exporter runs.")
	})
	mux.HandleFunc("/-/ready", e.serveReady)
	return mux, nil
}

// Serve answers requests at the addresses of flags until ctx ends, and then completes those under way.
func (e *Exporter) Serve(ctx context.Context, flags *web.FlagConfig) error {
	handler, err := e.Handler()
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		stopped <- server.Shutdown(limit)
	})
	defer stop()
	defer e.background.stop()
	if err := web.ListenAndServe(server, flags, e.logger); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

func (e *Exporter) serveMetrics(w http.ResponseWriter, r *http.Request) {
	e.scraper(e.timeout(r)).ServeHTTP(w, r)
}

// timeout returns how long the scrape of r may take.
func (e *Exporter) timeout(r *http.Request) time.Duration {
	limit := e.options.ScrapeTimeout
	seconds, err := strconv.ParseFloat(r.Header.Get(timeoutHeader), 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 || seconds >= (limit+replyTime).Seconds() {
		return limit
	}
	announced := time.Duration(seconds * float64(time.Second))
	timeout := max(announced-replyTime, announced/2).Truncate(timeoutStep)
	return min(max(timeout, timeoutStep), limit)
}

// scraper returns the handler of scrapes with a timeout. Concurrent scrapes of the same timeout share a reading, so that
// many scrapers load the database like one, and none waits longer than it announced.
func (e *Exporter) scraper(timeout time.Duration) http.Handler {
	e.lock.Lock()
	defer e.lock.Unlock()
	handler := e.scrapers[timeout]
	if handler == nil {
		handler = promhttp.HandlerFor(&scrape{e, timeout}, promhttp.HandlerOpts{
			ErrorLog:            slog.NewLogLogger(e.logger.Handler(), slog.LevelError),
			ErrorHandling:       promhttp.ContinueOnError,
			Registry:            e.registry,
			MaxRequestsInFlight: maxRequestsInFlight,
			CoalesceGather:      true,
			DisableCompression:  true, // the handler around it compresses
			EnableOpenMetrics:   true,

			EnableOpenMetricsTextCreatedSamples: e.options.CreatedSamples,
		})
		e.scrapers[timeout] = handler
	}
	return handler
}

func (e *Exporter) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), e.options.ScrapeTimeout)
	defer cancel()
	if _, err := readInTime(ctx, e, e.ready); err != nil {
		e.logger.Warn("not ready", "err", err)
		http.Error(w, "Not ready; the exporter's log says why.", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "Ready.")
}
