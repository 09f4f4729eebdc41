package plugin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func (b built) encrypts(t *testing.T) {
	server, err := embedded.Start(t.Context(), embedded.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	require.NoError(t, server.CreateDatabase(t.Context(), "entra"))
	db, u := filled(t, server.URL("entra"))
	ours, stranger := newAuthority(t), newAuthority(t)
	soon := time.Now().Add(time.Hour)
	_, err = db.ExecContext(t.Context(), "CREATE ROLE certified LOGIN IN ROLE reader")
	require.NoError(t, err)
	put(t, db.DB.DB, "root.crt", ours.certificate)
	put(t, db.DB.DB, "pg_hba.conf",
		"hostssl all certified 127.0.0.1/32 cert\nhost all certified 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 scram-sha-256\n")
	serve := func(c identity) {
		put(t, db.DB.DB, "server.crt", c.certificate)
		put(t, db.DB.DB, "server.key", c.key)
		for _, change := range []string{"ALTER SYSTEM SET ssl_ca_file = 'root.crt'", "ALTER SYSTEM SET ssl = on"} {
			_, err := db.ExecContext(t.Context(), change)
			require.NoError(t, err)
		}
		reload(t, db.DB.DB)
	}
	try := func(t *testing.T, changes object, want string) {
		t.Helper()
		d := b.dataSource(settings(t, u, changes))
		health, err := d.CheckHealth(t.Context())
		require.NoError(t, err)
		require.Contains(t, health.Message, want)
		ok := health.Status == backend.HealthStatusOk
		require.Equal(t, want == connected, ok)
		responses, err := d.query(t.Context(), `{"view": "list"}`)
		require.NoError(t, err)
		if !ok {
			require.ErrorContains(t, responses[0].Error, want)
			return
		}
		require.NoError(t, responses[0].Error)
		var encrypted bool
		require.NoError(t, db.Get(&encrypted, `SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
WHERE usename = coalesce($1, 'reader') AND application_name LIKE 'grafana%'`, changes["user"]))
		require.True(t, encrypted)
	}

	serve(ours.issue(t, "server", "localhost", soon))
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	megan, alex := ours.issue(t, "certified", "", soon), ours.issue(t, "alex", "", soon)
	forged := stranger.issue(t, "certified", "", soon)
	with := func(c identity) object {
		return object{"tlsMode": "require", "user": "certified", "password": "", "tlsClientCert": c.certificate, "tlsClientKey": c.key}
	}
	verifyCA := func(a authority) object { return object{"tlsMode": "verify-ca", "tlsCACert": a.certificate} }
	verifyFull := func(a authority) object {
		return object{"tlsMode": "verify-full", "tlsCACert": a.certificate, "host": "localhost"}
	}
	// both returns the settings of both, the first's where they differ.
	both := func(a, b object) object {
		merged := maps.Clone(b)
		maps.Copy(merged, a)
		return merged
	}
	const (
		untrusted = "The server's TLS certificate is signed by an authority that is not trusted"
		wanted    = "The server wants a TLS client certificate of this user"
	)
	for name, tt := range map[string]struct {
		changes object
		message string
	}{
		"require":                      {object{"tlsMode": "require"}, connected},
		"verify-ca":                    {verifyCA(ours), connected},
		"verify-ca, another authority": {verifyCA(stranger), untrusted},
		"verify-ca, no certificate": {object{"tlsMode": "verify-ca", "tlsCACert": "rubbish"},
			"is not a certificate in PEM: paste all of it"},
		"verify-full": {verifyFull(ours), connected},
		"verify-full, another host": {object{"tlsMode": "verify-full", "tlsCACert": ours.certificate},
			"The server's TLS certificate is not for the host 127.0.0.1"},
		"verify-full, another authority":     {verifyFull(stranger), untrusted},
		"verify-full, system's authority":    {object{"tlsMode": "verify-full", "host": "localhost"}, untrusted},
		"client certificate":                 {with(megan), connected},
		"client certificate, verify-full":    {both(verifyFull(ours), with(megan)), connected},
		"client certificate of another user": {with(alex), wanted},
		"client certificate nobody knows":    {with(forged), "The server refuses the TLS connection: check the client certificate"},
		"no client certificate":              {object{"tlsMode": "require", "user": "certified"}, wanted},
		"client certificate without its key": {object{"tlsMode": "require", "tlsClientCert": megan.certificate},
			"a TLS client certificate and its key go together"},
		"client certificate, another's key": {object{"tlsMode": "require", "tlsClientCert": megan.certificate, "tlsClientKey": alex.key},
			"the TLS client certificate or its key is not usable"},
		"no TLS": {object{"tlsMode": "disable", "user": "certified"},
			"The server does not let this user in from Grafana's address or without TLS"},
	} {
		t.Run(name, func(t *testing.T) { try(t, tt.changes, tt.message) })
	}
	// The tail has a connection of its own, which has to be encrypted and verified like the others.
	for name, changes := range map[string]object{
		"require":                         {"tlsMode": "require"},
		"verify-ca":                       verifyCA(ours),
		"verify-full":                     verifyFull(ours),
		"client certificate":              with(megan),
		"client certificate, verify-full": both(verifyFull(ours), with(megan)),
	} {
		t.Run("live tail, "+name, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			tail := b.dataSource(settings(t, u, changes)).tail(ctx, t, object{"queryType": "signIn"})
			listening(t, db, 1)
			var encrypted bool
			require.NoError(t, db.Get(&encrypted,
				"SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE query ILIKE 'LISTEN%'"))
			require.True(t, encrypted)
			write(t, w, name, 1, 0)
			require.Equal(t, []string{"success: adele@contoso.com -> " + name}, lines(t, tail))
			leave()
			listening(t, db, 0)
		})
	}
	t.Run("live tail, another authority", func(t *testing.T) {
		port, ended := relay(t, u.Host)
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		d := b.dataSource(settings(t, u, object{"port": port, "tlsMode": "verify-ca", "tlsCACert": stranger.certificate}))
		d.tail(ctx, t, object{"queryType": "signIn"})
		for range 5 { // the pool's, and the tail's one after the other
			<-ended
		}
		listening(t, db, 0)
	})

	serve(ours.issue(t, "server", "localhost", time.Now().Add(-time.Hour)))
	t.Run("expired", func(t *testing.T) {
		try(t, object{"tlsMode": "verify-ca", "tlsCACert": ours.certificate}, "The server's TLS certificate has expired")
	})
}

// relay passes connections on to a server, and sends on ended for each that has ended.
func relay(t *testing.T, server string) (port int, ended <-chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	done := make(chan struct{}, 1000)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			backend, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			go func() {
				go io.Copy(client, backend) //nolint:errcheck // it ends with the connection
				io.Copy(backend, client)    //nolint:errcheck // likewise
				client.Close()
				backend.Close()
				done <- struct{}{}
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port, done
}

const connected = "Connected to PostgreSQL"

// put writes a file into the server's data folder, which is the server's alone.
func put(t *testing.T, db *sql.DB, name, text string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), "COPY (SELECT unnest(string_to_array("+pq.QuoteLiteral(text)+", E'\\n'))) TO PROGRAM "+
		pq.QuoteLiteral("umask 077 && cat > "+name))
	require.NoError(t, err)
}

// reload makes the server read its configuration again, and waits until new connections have it.
func reload(t *testing.T, db *sql.DB) {
	t.Helper()
	db.SetMaxIdleConns(0) // each statement has a connection of its own
	loaded := func() (at time.Time) {
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT pg_conf_load_time()").Scan(&at))
		return at
	}
	before := loaded()
	_, err := db.ExecContext(t.Context(), "SELECT pg_reload_conf()")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return loaded().After(before) }, time.Minute, 10*time.Millisecond)
}

// identity is a certificate and its key, in PEM.
type identity struct{ certificate, key string }

type authority struct {
	certificate string // in PEM
	parsed      *x509.Certificate
	signer      *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: rand.Text()},
		NotBefore: time.Now().AddDate(0, 0, -1), NotAfter: time.Now().AddDate(0, 0, 1),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return authority{encode("CERTIFICATE", der), parsed, key}
}

func (a authority) issue(t *testing.T, name, host string, until time.Time) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: a.parsed.NotBefore, NotAfter: until,
	}
	if host != "" {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.parsed, &key.PublicKey, a.signer)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return identity{encode("CERTIFICATE", der), encode("PRIVATE KEY", private)}
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
