// Package names compares the names that a user types with those that there are: by
// globs, and by likeness where a name is mistyped.
package names
