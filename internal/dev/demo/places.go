package demo

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"time"
	_ "time/tzdata" // the working day of every country must not depend on the machine
)

// country is where some of Contoso's people live and work.
type country struct {
	Code          string
	Zone          string
	Share         float64 // of all people
	ASN           int     // of the provider people use at home and on the move
	Offices       []city
	Homes         []city
	Given, Family string // common names, separated by spaces
}

type city struct {
	Name, State         string
	Latitude, Longitude float64
}

// home is the index of the country Contoso comes from.
const home = 0

var countries = table[[12]country]("countries")

// tightened are the countries that the changed Conditional Access policy forgets to allow; see policyTightened.
var tightened = [len(countries)]bool{8: true, 11: true} // BR, ZA

// network is somewhere a request can come from.
type network struct {
	country int // index into countries, -1 elsewhere
	asn     int
	v4      uint32 // first address
	hosts   uint32 // how many follow
	v6      string // prefix of 48 bits, empty where there is only IPv4
	trusted bool   // a named location marked as trusted: an office

	system   string // Graph's autonomousSystemNumber
	location string // Graph's location
	named    string // Graph's networkLocationDetails
}

// nowhere is where managed identities sign in from: Azure does not tell.
var nowhere = network{
	system:   "null",
	location: `{"city":"","state":"","countryOrRegion":"","geoCoordinates":{}}`,
	named:    "[]",
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
		for _, at := range c.Offices {
			n := &network{country: i, asn: officeASN, v4: testNet3 + 16*office, hosts: 14, v6: documentation6(0x100 + office),
				trusted: true}
			w.offices[i] = append(w.offices[i], n.in(at, c.Code, "trusted", "Contoso "+at.Name))
			office++
		}
		provider := func(at city, v4, hosts uint32, v6 string) *network {
			n := &network{country: i, asn: c.ASN, v4: v4, hosts: hosts, v6: v6}
			return n.in(at, c.Code, "namedNetwork", "Allowed countries")
		}
		for _, at := range c.Homes {
			w.homes[i] = append(w.homes[i], provider(at, benchmarks+4096*house, 4094, documentation6(0x1000+house)))
			house++
		}
		n := uint32(i)
		w.mobiles[i] = provider(c.Offices[0], shared+65536*n, 65534, documentation6(0x2000+n))
		w.hotels[i] = provider(c.Offices[0], testNet2+16*n, 14, "")
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
	w.clouds = []*network{
		elsewhere("NL", city{"Amsterdam", "Noord-Holland", 52.37403, 4.88969}, 8075, testNet1+128, 30),
		elsewhere("IE", city{"Dublin", "Dublin", 53.33306, -6.24889}, 8075, testNet1+160, 30),
		elsewhere("DE", city{"Frankfurt am Main", "Hessen", 50.11552, 8.68417}, 8075, testNet1+192, 30),
		elsewhere("US", city{"San Antonio", "Texas", 29.42412, -98.49363}, 8075, testNet1+224, 30),
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
	n.system = strconv.Itoa(n.asn)
	n.location = string(object{}.begin().text("city", at.Name).text("state", at.State).text("countryOrRegion", code).
		open("geoCoordinates", '{').json("altitude", "null").
		json("latitude", strconv.FormatFloat(at.Latitude, 'f', -1, 64)).
		json("longitude", strconv.FormatFloat(at.Longitude, 'f', -1, 64)).end("}}"))
	n.named = "[]"
	if networkType != "" {
		n.named = string(object("[").begin().text("networkType", networkType).list("networkNames", name).end("}]"))
	}
	return n
}

// documentation6 is the n-th /48 of 2001:db8::/32.
func documentation6(n uint32) string {
	return "2001:db8:" + strconv.FormatUint(uint64(n), 16) + ":"
}

// address returns one of the network's addresses. The same host has the same address; six makes it an IPv6 one where
// the network has any.
func (n *network) address(host uint64, six bool) string {
	switch {
	case n == &nowhere:
		return ""
	case !six || n.v6 == "":
		return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n.v4+1+uint32(host%uint64(n.hosts))))).String()
	}
	// A group of the value 0 would invite the "::" notation: keep all above it.
	group := func(x uint64) uint64 { return x&0xffff | 0x1000 }
	return fmt.Sprintf("%s%x:%x:%x:%x:%x", n.v6, group(host>>48), group(host>>32), group(host>>16), group(host),
		group(mix(host)))
}

// zones are the countries' time zones, in the countries' order.
var zones = func() (zones [len(countries)]*time.Location) {
	for i, c := range countries {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			panic("demo: " + err.Error()) // impossible: the zone data are compiled in
		}
		zones[i] = zone
	}
	return zones
}()
