// Package preview draws the bundled dashboards in a browser without Grafana. A small server answers, out of the running
// plugin, what Grafana's server would; the page in the folder preview draws the dashboards' files with the components
// that Grafana publishes, and shows the plugin's own editors. It is for trying out and for tests of the browser's side,
// and no Grafana: it knows nobody, keeps nothing and listens on this machine only.
package preview

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
)

// Options say what is shown, and where.
type Options struct {
	Root     string // the repository's folder
	Plugin   *pluginhost.Plugin
	Settings pluginhost.Settings // those that Plugin was started with
	Port     int                 // 0: a free one
}

// Server is a running preview.
type Server struct {
	opts Options
	stop func()
	// Address is where it can be opened.
	Address string

	settings sync.Mutex
	secrets  map[string]string // as saved on the settings page since
	json     map[string]any
}

// Start serves the preview on this machine until Stop is called.
func Start(opts Options) (*Server, error) {
	for _, needed := range []string{bundle(opts.Root), filepath.Join(opts.Root, "dashboards")} {
		if _, err := os.Stat(needed); err != nil {
			return nil, fmt.Errorf("the preview is not built, run npm run build:preview: %w", err)
		}
	}
	s := &Server{opts: opts, json: opts.Settings.JSON, secrets: map[string]string{}}
	var err error
	if s.Address, s.stop, err = embedded.ServeHTTP(guard(s.routes()), opts.Port); err != nil {
		return nil, err
	}
	return s, nil
}

// Stop ends it.
func (s *Server) Stop() { s.stop() }

// bundle is the folder with the page's script. It is not in dist, which is what is released.
func bundle(root string) string { return filepath.Join(root, "bin", "preview") }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	uid := "/api/datasources/uid/" + pluginhost.DataSourceUID
	mux.HandleFunc("POST /api/ds/query", s.query)
	mux.HandleFunc(uid+"/resources/{path...}", s.resources)
	mux.HandleFunc("GET "+uid+"/health", s.health)
	mux.HandleFunc("GET "+uid, s.readSettings)
	mux.HandleFunc("PUT "+uid, s.saveSettings)
	mux.HandleFunc("GET /api/live/{path...}", s.live)
	mux.HandleFunc("GET /api/dashboards", s.dashboards)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, errors.New("the preview does not answer "+r.URL.Path))
	})

	mux.Handle("GET /preview/", http.StripPrefix("/preview/", http.FileServer(http.Dir(bundle(s.opts.Root)))))
	plugin := "/public/plugins/" + pluginhost.PluginID + "/"
	mux.Handle("GET "+plugin, http.StripPrefix(plugin, http.FileServer(http.Dir(filepath.Join(s.opts.Root, "dist")))))
	for prefix, pack := range map[string]string{"/public/fonts/inter/": "inter", "/public/fonts/roboto/": "roboto-mono"} {
		mux.Handle("GET "+prefix+"{file}",
			fonts(filepath.Join(s.opts.Root, "node_modules", "@fontsource", pack, "files"), pack))
	}
	icons := filepath.Join(s.opts.Root, "node_modules", "@grafana", "ui", "dist", "public")
	mux.Handle("GET /public/build/", http.StripPrefix("/public/build/", http.FileServer(http.Dir(icons))))
	for name, like := range unpublished {
		mux.HandleFunc("GET /public/build/img/icons/unicons/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, filepath.Join(icons, "img", "icons", "unicons", like))
		})
	}
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter,
		_ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	// Every other address is one of the page's own.
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(s.opts.Root, "preview", "index.html"))
	})
	return mux
}

// unpublished are icons that Grafana's components ask for and its packages lack, and those that stand in for them.
var unpublished = map[string]string{"angle-double-left.svg": "angle-left.svg", "spinner.svg": "sync.svg"}

// fonts serves Grafana's fonts, under the names that its components ask for, out of an npm package that names them
// otherwise.
func fonts(folder, pack string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		weight := "400"
		if strings.Contains(r.PathValue("file"), "Medium") {
			weight = "500"
		}
		http.ServeFile(w, r, filepath.Join(folder, pack+"-latin-"+weight+"-normal.woff2"))
	})
}

// guard lets only pages of the preview itself in: a name that somebody else's server gives this address, or a form on
// another page, must not reach the data.
func guard(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := r.Context().Value(http.LocalAddrContextKey).(net.Addr).String()
		if r.Host != address && r.Host != strings.Replace(address, "127.0.0.1", "localhost", 1) {
			refuse(w, http.StatusForbidden, fmt.Errorf("open the preview as http://%s", address))
			return
		}
		next.ServeHTTP(w, r)
	}))
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the browser has gone
}

func refuse(w http.ResponseWriter, status int, err error) {
	respond(w, status, map[string]string{"message": err.Error()})
}

// query responds as Grafana's API of the same address does.
func (s *Server) query(w http.ResponseWriter, r *http.Request) {
	var request struct {
		From, To string
		Queries  []json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	from, errFrom := milliseconds(request.From)
	to, errTo := milliseconds(request.To)
	if err := errors.Join(errFrom, errTo); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	queries, err := pluginhost.Queries(request.Queries, backend.TimeRange{From: from, To: to})
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	response, err := s.opts.Plugin.QueryData(r.Context(), &backend.QueryDataRequest{Queries: queries})
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	respond(w, http.StatusOK, response)
}

func milliseconds(text string) (time.Time, error) {
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err
}

func (s *Server) resources(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	path := r.PathValue("path")
	request := &backend.CallResourceRequest{
		Path: path, Method: r.Method, Body: body, Headers: r.Header,
		URL: (&url.URL{Path: path, RawQuery: r.URL.RawQuery}).String(),
	}
	begun := false
	err = s.opts.Plugin.CallResource(r.Context(), request, func(part *backend.CallResourceResponse) error {
		if !begun {
			begun = true
			for name, values := range part.Headers {
				w.Header()[http.CanonicalHeaderKey(name)] = values
			}
			w.WriteHeader(part.Status)
		}
		_, err := w.Write(part.Body)
		return err
	})
	if err != nil && !begun {
		refuse(w, http.StatusBadGateway, err)
	}
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	result, err := s.opts.Plugin.CheckHealth(r.Context())
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	status := http.StatusOK
	if result.Status != backend.HealthStatusOk {
		status = http.StatusBadRequest
	}
	respond(w, status, map[string]any{
		"status": result.Status.String(), "message": result.Message,
		"details": json.RawMessage(cmp.Or(string(result.JSONDetails), "null")),
	})
}

// live sends the frames of a channel as server-sent events; Grafana has a WebSocket for it.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	if err := flush.Flush(); err != nil {
		return
	}
	stream, err := s.opts.Plugin.Subscribe(r.Context(), r.PathValue("path"), json.RawMessage(r.URL.Query().Get("data")))
	for err == nil {
		var packet *pluginv2.StreamPacket
		if packet, err = stream.Recv(); err == nil {
			fmt.Fprintf(w, "data: %s\n\n", packet.Data)
			err = flush.Flush()
		}
	}
	if err != nil && r.Context().Err() == nil {
		text, _ := json.Marshal(err.Error()) // a string always can be
		fmt.Fprintf(w, "event: problem\ndata: %s\n\n", text)
	}
}

// dashboards returns the bundled dashboards as their files hold them.
func (s *Server) dashboards(w http.ResponseWriter, _ *http.Request) {
	names, err := filepath.Glob(filepath.Join(s.opts.Root, "dashboards", "*.json"))
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	list := []json.RawMessage{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err == nil && !json.Valid(text) {
			err = fmt.Errorf("%s is no JSON", name)
		}
		if err != nil {
			refuse(w, http.StatusInternalServerError, err)
			return
		}
		list = append(list, text)
	}
	respond(w, http.StatusOK, list)
}

// saved is a data source as Grafana's API shows and takes it. Secrets are written, and never read.
type saved struct {
	UID              string            `json:"uid"`
	Name             string            `json:"name"`
	Type             string            `json:"type"`
	Access           string            `json:"access"`
	JSONData         map[string]any    `json:"jsonData"`
	SecureJSONFields map[string]bool   `json:"secureJsonFields"`
	SecureJSONData   map[string]string `json:"secureJsonData,omitempty"`
}

func (s *Server) readSettings(w http.ResponseWriter, _ *http.Request) {
	s.settings.Lock()
	defer s.settings.Unlock()
	fields := map[string]bool{"password": s.opts.Settings.Password != ""}
	for name, value := range s.secrets {
		fields[name] = value != ""
	}
	respond(w, http.StatusOK, saved{
		UID: pluginhost.DataSourceUID, Name: pluginhost.DataSourceName, Type: pluginhost.PluginID, Access: "proxy",
		JSONData: s.json, SecureJSONFields: fields,
	})
}

// saveSettings keeps settings for as long as the preview runs.
func (s *Server) saveSettings(w http.ResponseWriter, r *http.Request) {
	var given saved
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&given); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	s.settings.Lock()
	s.json = given.JSONData
	maps.Copy(s.secrets, given.SecureJSONData)
	changed := pluginhost.Settings{JSON: s.json, Password: s.opts.Settings.Password, Secrets: s.secrets}
	err := s.opts.Plugin.Configure(changed)
	s.settings.Unlock()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	s.readSettings(w, r)
}
