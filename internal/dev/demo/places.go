package demo

import (
	"net/netip"
	"strconv"
	"time"
	_ "time/tzdata" // the working day of every country must not depend on the machine
)

// country is where some of Contoso's people live and work.
type country struct {
	code    string
	zone    string
	share   float64 // of all people
	asn     int     // of the provider people use at home and on the move
	offices []city
	homes   []city
}

type city struct {
	name, state         string
	latitude, longitude float64
}

// home is the index of the country Contoso comes from.
const home = 0

var countries = [...]country{
	home: {"DE", "Europe/Berlin", 0.54, 3320,
		[]city{{"Munich", "Bayern", 48.13743, 11.57549}, {"Berlin", "Berlin", 52.52437, 13.41053}, {"Hamburg", "Hamburg", 53.55073, 9.99302}},
		[]city{{"Augsburg", "Bayern", 48.37154, 10.89851}, {"Potsdam", "Brandenburg", 52.39886, 13.06566}, {"Lüneburg", "Niedersachsen", 53.2509, 10.41409}}},
	{"US", "America/Chicago", 0.10, 7922,
		[]city{{"Austin", "Texas", 30.26715, -97.74306}},
		[]city{{"Round Rock", "Texas", 30.50826, -97.6789}, {"San Antonio", "Texas", 29.42412, -98.49363}}},
	{"GB", "Europe/London", 0.07, 2856,
		[]city{{"London", "England", 51.50853, -0.12574}},
		[]city{{"Croydon", "England", 51.38333, -0.1}, {"Watford", "England", 51.65531, -0.39602}}},
	{"FR", "Europe/Paris", 0.05, 3215,
		[]city{{"Lyon", "Rhône", 45.74846, 4.84671}},
		[]city{{"Villeurbanne", "Rhône", 45.76601, 4.8795}, {"Saint-Étienne", "Loire", 45.43389, 4.39}}},
	{"PL", "Europe/Warsaw", 0.05, 5617,
		[]city{{"Wrocław", "Dolnośląskie", 51.1, 17.03333}},
		[]city{{"Legnica", "Dolnośląskie", 51.21006, 16.1619}, {"Wrocław", "Dolnośląskie", 51.11, 17.05}}},
	{"IN", "Asia/Kolkata", 0.05, 55836,
		[]city{{"Pune", "Maharashtra", 18.51957, 73.85535}},
		[]city{{"Pimpri", "Maharashtra", 18.62292, 73.80696}, {"Satara", "Maharashtra", 17.68589, 73.99333}}},
	{"NL", "Europe/Amsterdam", 0.03, 1136,
		[]city{{"Utrecht", "Utrecht", 52.09083, 5.12222}},
		[]city{{"Amersfoort", "Utrecht", 52.155, 5.3875}, {"Hilversum", "Noord-Holland", 52.22333, 5.17639}}},
	{"ES", "Europe/Madrid", 0.03, 3352,
		[]city{{"Valencia", "Valencia", 39.46975, -0.37739}},
		[]city{{"Torrent", "Valencia", 39.43705, -0.46546}, {"Sagunto", "Valencia", 39.67917, -0.27778}}},
	{"BR", "America/Sao_Paulo", 0.03, 28573,
		[]city{{"São Paulo", "São Paulo", -23.5475, -46.63611}},
		[]city{{"Guarulhos", "São Paulo", -23.46278, -46.53333}, {"Osasco", "São Paulo", -23.5325, -46.79167}}},
	{"JP", "Asia/Tokyo", 0.01, 2516,
		[]city{{"Osaka", "Osaka", 34.69379, 135.50107}},
		[]city{{"Sakai", "Osaka", 34.58333, 135.46667}, {"Kobe", "Hyogo", 34.6913, 135.183}}},
	{"AU", "Australia/Melbourne", 0.01, 1221,
		[]city{{"Melbourne", "Victoria", -37.814, 144.96332}},
		[]city{{"Geelong", "Victoria", -38.14711, 144.36069}, {"Ballarat", "Victoria", -37.56622, 143.84957}}},
	{"ZA", "Africa/Johannesburg", 0.02, 37457,
		[]city{{"Cape Town", "Western Cape", -33.92584, 18.42322}},
		[]city{{"Stellenbosch", "Western Cape", -33.93462, 18.86676}, {"Paarl", "Western Cape", -33.73378, 18.97523}}},
}

// tightened are the countries that the changed Conditional Access policy
// forgets to allow; see policyTightened.
var tightened = [len(countries)]bool{8: true, 11: true} // BR, ZA

// network is somewhere a request can come from.
type network struct {
	country int // index into countries, -1 elsewhere
	asn     int
	v4      uint32 // first address
	hosts   uint32 // how many follow
	v6      string // prefix of 48 bits, empty where there is only IPv4
	trusted bool   // a named location marked as trusted: an office

	location []byte // Graph's location
	named    []byte // Graph's networkLocationDetails
}

// world holds every network there is; the arrays have the countries' order.
var world = newWorld()

type networks struct {
	offices  [len(countries)][]*network
	homes    [len(countries)][]*network
	mobiles  [len(countries)]*network
	hotels   [len(countries)]*network
	abroad   []*network // in countries that Contoso does not allow
	clouds   []*network // where workloads run
	hostile  []*network // anonymizers and rented servers
	sprayer  *network   // the password spray's
	intruder *network   // the MFA fatigue attack's
	faraway  *network   // the other end of the impossible travel
}

// Blocks that no one owns.
const (
	testNet1   = 192<<24 | 0<<16 | 2<<8    // 192.0.2.0/24
	testNet2   = 198<<24 | 51<<16 | 100<<8 // 198.51.100.0/24
	testNet3   = 203<<24 | 0<<16 | 113<<8  // 203.0.113.0/24
	benchmarks = 198<<24 | 18<<16          // 198.18.0.0/15
	shared     = 100<<24 | 64<<16          // 100.64.0.0/10
	firstASN   = 64496                     // RFC 5398: 64496 to 64511
	officeASN  = firstASN + 2
)

func newWorld() (w networks) {
	office, house := uint32(0), uint32(0)
	for i, c := range countries {
		for _, at := range c.offices {
			name := "Contoso " + at.name
			w.offices[i] = append(w.offices[i], (&network{country: i, asn: officeASN, v4: testNet3 + 16*office, hosts: 14,
				v6: documentation6(0x100 + office), trusted: true}).in(at, c.code, "trusted", name))
			office++
		}
		for _, at := range c.homes {
			w.homes[i] = append(w.homes[i], (&network{country: i, asn: c.asn, v4: benchmarks + 4096*house, hosts: 4094,
				v6: documentation6(0x1000 + house)}).in(at, c.code, "namedNetwork", "Allowed countries"))
			house++
		}
		w.mobiles[i] = (&network{country: i, asn: c.asn, v4: shared + 65536*uint32(i), hosts: 65534,
			v6: documentation6(0x2000 + uint32(i))}).in(c.offices[0], c.code, "namedNetwork", "Allowed countries")
		w.hotels[i] = (&network{country: i, asn: c.asn, v4: testNet2 + 16*uint32(i), hosts: 14}).in(c.offices[0], c.code, "namedNetwork", "Allowed countries")
	}
	elsewhere := func(code string, at city, asn int, v4, hosts uint32) *network {
		return (&network{country: -1, asn: asn, v4: v4, hosts: hosts}).in(at, code, "", "")
	}
	w.abroad = []*network{
		elsewhere("TR", city{"Istanbul", "Istanbul", 41.01384, 28.94966}, 9121, testNet2+192, 14),
		elsewhere("TH", city{"Bangkok", "Krung Thep Maha Nakhon", 13.75398, 100.50144}, 7470, testNet2+208, 14),
		elsewhere("AE", city{"Dubai", "Dubai", 25.07725, 55.30927}, 5384, testNet2+224, 14),
		elsewhere("KE", city{"Nairobi", "Nairobi County", -1.28333, 36.81667}, 33771, testNet2+240, 14),
	}
	for i, region := range []struct {
		code string
		at   city
	}{
		{"NL", city{"Amsterdam", "Noord-Holland", 52.37403, 4.88969}},
		{"IE", city{"Dublin", "Dublin", 53.33306, -6.24889}},
		{"DE", city{"Frankfurt am Main", "Hessen", 50.11552, 8.68417}},
		{"US", city{"San Antonio", "Texas", 29.42412, -98.49363}},
	} {
		w.clouds = append(w.clouds, elsewhere(region.code, region.at, 8075, testNet1+128+32*uint32(i), 30))
	}
	w.hostile = []*network{
		elsewhere("IS", city{"Reykjavik", "Höfuðborgarsvæði", 64.13548, -21.89541}, firstASN+5, testNet1+16, 14),
		elsewhere("PA", city{"Panama City", "Panamá", 8.9936, -79.51973}, firstASN+6, testNet1+32, 14),
		elsewhere("MD", city{"Chisinau", "Chișinău Municipality", 47.00556, 28.8575}, firstASN+7, testNet1+48, 14),
	}
	w.sprayer = elsewhere("SC", city{"Victoria", "English River", -4.62001, 55.45501}, firstASN+8, testNet1+64, 14)
	w.intruder = elsewhere("MD", city{"Chisinau", "Chișinău Municipality", 47.00556, 28.8575}, firstASN+7, testNet1+80, 14)
	w.faraway = elsewhere("SG", city{"Singapore", "", 1.28967, 103.85007}, 3758, testNet1+96, 14)
	return w
}

// in fills in what Graph tells about the place.
func (n *network) in(at city, code, networkType, name string) *network {
	b := appendText([]byte("{"), "city", at.name)
	b = appendText(append(b, ','), "state", at.state)
	b = appendText(append(b, ','), "countryOrRegion", code)
	b = append(b, `,"geoCoordinates":{"altitude":null,"latitude":`...)
	b = strconv.AppendFloat(b, at.latitude, 'f', -1, 64)
	b = append(b, `,"longitude":`...)
	b = strconv.AppendFloat(b, at.longitude, 'f', -1, 64)
	n.location = append(b, "}}"...)
	n.named = []byte("[]")
	if networkType != "" {
		n.named = []byte(`[{"networkType":"` + networkType + `","networkNames":[` + quote(name) + `]}]`)
	}
	return n
}

// documentation6 is the n-th /48 of 2001:db8::/32.
func documentation6(n uint32) string {
	return "2001:db8:" + strconv.FormatUint(uint64(n), 16) + ":"
}

// appendAddress appends one of the network's addresses. The same host has the
// same address; six makes it an IPv6 one where the network has any.
func (n *network) appendAddress(b []byte, host uint64, six bool) []byte {
	if !six || n.v6 == "" {
		a := n.v4 + 1 + uint32(host%uint64(n.hosts))
		return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}).AppendTo(b)
	}
	b = append(b, n.v6...)
	// A group of the value 0 would invite the "::" notation: keep all above it.
	for shift := 48; shift >= 0; shift -= 16 {
		b = strconv.AppendUint(b, (host>>shift)&0xffff|0x1000, 16)
		b = append(b, ':')
	}
	return strconv.AppendUint(b, mix(host)&0xffff|0x1000, 16)
}

func (n *network) address(host uint64, six bool) string {
	return string(n.appendAddress(nil, host, six))
}

// zones are the countries' time zones, in the countries' order.
var zones = func() (zones [len(countries)]*time.Location) {
	for i, c := range countries {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			panic("demo: " + err.Error()) // impossible: the zone data are compiled in
		}
		zones[i] = zone
	}
	return zones
}()
