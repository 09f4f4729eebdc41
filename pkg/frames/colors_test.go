package frames

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// How eyes without one sort of cone see linear RGB: Machado, Oliveira and Fernandes, 2009, severity 1.
var eyes = map[string][3][3]float64{
	"all cones": {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"no red":    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"no green":  {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"no blue":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func TestColorsStayApartForTheColorBlind(t *testing.T) {
	for name, eye := range eyes {
		for _, group := range []struct {
			colors map[string]string
			values []string
		}{
			{statusColors, []string{activity.Success, activity.Failure, activity.Interrupted}},
			{statusColors, []string{activity.Success, activity.Failure, activity.Skipped, activity.Warning}},
			{riskColors, []string{"low", "medium", "high"}},
		} {
			for i, a := range group.values {
				for _, b := range group.values[:i] {
					apart := distance(lab(group.colors[a], eye), lab(group.colors[b], eye))
					require.Greater(t, apart, 15.0, "%s: %s and %s", name, a, b)
				}
			}
		}
	}
}

// lab returns a color as an eye sees it, in CIELAB.
func lab(hex string, eye [3][3]float64) [3]float64 {
	var rgb [3]int
	fmt.Sscanf(hex, "#%02X%02X%02X", &rgb[0], &rgb[1], &rgb[2]) //nolint:errcheck // what is not read is black, and not apart
	var linear, seen [3]float64
	for i, v := range rgb {
		linear[i] = math.Pow((float64(v)/255+0.055)/1.055, 2.4)
	}
	for i := range seen {
		seen[i] = max(eye[i][0]*linear[0]+eye[i][1]*linear[1]+eye[i][2]*linear[2], 0)
	}
	x := (0.4124*seen[0] + 0.3576*seen[1] + 0.1805*seen[2]) / 0.9505
	y := 0.2126*seen[0] + 0.7152*seen[1] + 0.0722*seen[2]
	z := (0.0193*seen[0] + 0.1192*seen[1] + 0.9505*seen[2]) / 1.089
	return [3]float64{116*math.Cbrt(y) - 16, 500 * (math.Cbrt(x) - math.Cbrt(y)), 200 * (math.Cbrt(y) - math.Cbrt(z))}
}

func distance(a, b [3]float64) float64 {
	return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
}
