package change

// syncFolder does nothing: Windows has no way to wait for a folder.
func syncFolder(string) error { return nil }

func isReadOnly(error) bool { return false }

// lockPath returns the file that is locked for a journal. Windows would keep the run itself
// from writing a locked file.
func lockPath(path string) string { return path + ".lock" }
