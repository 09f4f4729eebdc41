package plugin

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

// tls returns how to encrypt; nil for not at all. The driver reads certificates from files, or from its settings, but there
// an authority's only together with a client's.
func (s *settings) tls(secrets map[string]string) (*tls.Config, error) {
	mode := pq.SSLMode(s.TLSMode)
	switch mode {
	case pq.SSLModeDisable:
		return nil, nil
	case pq.SSLModeRequire, pq.SSLModeVerifyCA, pq.SSLModeVerifyFull:
	default:
		return nil, fmt.Errorf("unknown TLS mode %q: use disable, require, verify-ca or verify-full", s.TLSMode)
	}
	config := &tls.Config{ServerName: s.Host, InsecureSkipVerify: true} //nolint:gosec // VerifyConnection verifies what the mode says
	if mode != pq.SSLModeRequire {
		verify := x509.VerifyOptions{} // without roots, the system's
		if authority := secrets["tlsCACert"]; authority != "" {
			if verify.Roots = x509.NewCertPool(); !verify.Roots.AppendCertsFromPEM([]byte(authority)) {
				return nil, errors.New("the certificate of the authority is not a certificate in PEM: " +
					"paste all of it, from BEGIN CERTIFICATE to END CERTIFICATE")
			}
		} else if mode == pq.SSLModeVerifyCA {
			return nil, errors.New("TLS mode verify-ca needs the certificate of the authority: " +
				"paste it, or use verify-full for one that the system trusts")
		}
		if mode == pq.SSLModeVerifyFull {
			verify.DNSName = s.Host
		}
		config.VerifyConnection = func(state tls.ConnectionState) error { return verifyServer(state.PeerCertificates, verify) }
	}
	switch certificate, key := secrets["tlsClientCert"], secrets["tlsClientKey"]; {
	case (certificate == "") != (key == ""):
		return nil, errors.New("a TLS client certificate and its key go together: give both or neither")
	case certificate != "":
		pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
		if err != nil {
			return nil, fmt.Errorf("the TLS client certificate or its key is not usable: "+
				"paste both in PEM, the key without a passphrase: %w", err)
		}
		// Whatever authorities the server asks for: it need not name the intermediate ones.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return config, nil
}

func verifyServer(chain []*x509.Certificate, options x509.VerifyOptions) error {
	options.Intermediates = x509.NewCertPool()
	for _, certificate := range chain[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := chain[0].Verify(options)
	return err
}
