package demo

import (
	"encoding/hex"
	"math"
	"math/rand/v2"
	"slices"
)

// Streams keep what is drawn for one purpose apart from every other, so that adding a draw to one leaves the others as
// they were.
const (
	tenantIDs uint64 = iota + 1
	userIDs
	deviceIDs
	applicationIDs
	servicePrincipalIDs
	policyIDs
	signInIDs
	sessionIDs
	auditIDs
	provisioningIDs
	riskIDs
	groupIDs

	peopleDraws
	applicationDraws
	scriptDraws
	signInDraws
	auditDraws
	provisioningDraws
)

// dice draws everything random in one stream.
type dice struct {
	*rand.Rand
	pcg    *rand.PCG
	seed   uint64
	stream uint64
}

func newDice(seed, stream uint64) dice {
	pcg := rand.NewPCG(seed, stream)
	return dice{Rand: rand.New(pcg), pcg: pcg, seed: seed, stream: stream}
}

// turnTo starts the stream afresh for one slot.
func (d dice) turnTo(s slot) { d.pcg.Seed(mix(d.seed+d.stream), s.number()) }

func (d dice) chance(p float64) bool { return d.Float64() < p }

// between draws from [low, high).
func (d dice) between(low, high int64) int64 { return low + d.Int64N(high-low) }

// count draws how many events of the expected number happen (Poisson; by its normal approximation where that cannot be
// told apart).
func (d dice) count(expected float64) int {
	if expected > 50 {
		return max(0, int(math.Round(expected+math.Sqrt(expected)*d.NormFloat64())))
	}
	n, limit := 0, math.Exp(-expected)
	for p := d.Float64(); p > limit; p *= d.Float64() {
		n++
	}
	return n
}

func one[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// wheel picks an index with given weights: it holds their running sums.
type wheel []float64

func (w wheel) with(weights ...float64) wheel {
	for _, weight := range weights {
		w = append(w, w.total()+weight)
	}
	return w
}

// wheelOf returns a wheel that picks from a list.
func wheelOf[T any](list []T, weight func(T) float64) (w wheel) {
	for _, one := range list {
		w = w.with(weight(one))
	}
	return w
}

func (w wheel) total() float64 {
	if len(w) == 0 {
		return 0
	}
	return w[len(w)-1]
}

func (w wheel) pick(d dice) int {
	i, found := slices.BinarySearch(w, d.Float64()*w.total())
	if found {
		i++ // an entry of weight zero has the sum of the one before it
	}
	return min(i, len(w)-1)
}

// mix is the finalizer of SplitMix64: a bijection that scatters its input.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// guid is a version 4 GUID.
type guid [16]byte

// newGUID derives the n-th id of a stream.
func newGUID(seed, stream, n uint64) guid {
	high := mix(n ^ mix(seed^mix(stream)))
	low := mix(high ^ stream)
	var g guid
	for i := range 8 {
		g[i] = byte(high >> (8 * i))
		g[8+i] = byte(low >> (8 * i))
	}
	g[6] = g[6]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}

func (g guid) append(b []byte) []byte {
	for i, part := range [][]byte{g[0:4], g[4:6], g[6:8], g[8:10], g[10:16]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return b
}

func (g guid) String() string { return string(g.append(nil)) }
