// Package names compares the names that a user types with the known names: by globs, and
// by similarity if a name is mistyped.
package names
