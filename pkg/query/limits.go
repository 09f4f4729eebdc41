package query

// Limits of queries. The data source's settings limit rows and time.
const (
	maxFilters   = 50
	maxValues    = 1000 // in one filter
	maxValueSize = 1024 // bytes
	maxGroupBy   = 3    // more than a legend can show

	// MaxSeries is how many series a panel can draw.
	MaxSeries = 500
	// DefaultLimit is how many records or groups a query returns that sets no limit.
	DefaultLimit = 1000
)
