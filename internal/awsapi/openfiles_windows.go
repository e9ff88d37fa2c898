package awsapi

import "math"

// openFileLimit returns a number that no run reaches: Windows has no such limit.
func openFileLimit() int { return math.MaxInt32 }
