// Package queue keeps what waits for a destination: an append-only log on disk,
// bounded in bytes and age, with a cursor that says what is done with. FORMAT.md
// describes the bytes and what a crash can leave.
//
// Many goroutines append; one, the worker, takes blocks with Next, says how far
// each got with Acked and Release, and takes all back with Rewind.
//
// Each point has a sequence number, counted since the queue was created. So at
// every moment, and across restarts,
//
//	Recovered + Appended = Delivered + Waiting + Confirming + Dropped
//
// holds exactly, whatever was damaged.
package queue
