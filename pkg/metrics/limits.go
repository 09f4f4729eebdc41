package metrics

// Limits of expressions and results. What exceeds one is refused with the limit's name and what to change.
const (
	maxSize           = 8 << 10 // bytes of an expression
	maxNesting        = 64
	maxNodes          = 1000
	maxSelectors      = 16
	maxPoints         = 11_000                       // of a series
	maxSubquery       = 100_000                      // times at which a subquery is evaluated
	maxSubqueryValues = 20_000_000                   // that a series' subquery goes through
	maxCells          = 50_000_000                   // groups and windows that a selector counts
	memoryLimit       = 10_000_000                   // values in memory
	maxSeries         = 1000                         // of a result
	maxDuration       = 100 * 366 * 24 * 3600 * 1000 // milliseconds of a window or an offset
	maxQuoted         = 300                          // bytes of what the parser says
)
