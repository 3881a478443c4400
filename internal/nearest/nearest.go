// Package nearest finds the word that was probably meant.
package nearest

// maxLen bounds the words that are compared: nobody mistypes a longer one.
const maxLen = 64

// Word returns the known word nearest to word, or "" if none is near enough to
// have been meant: about one slip for each three letters. Of equally near words
// the first is taken.
func Word(word string, known []string) string {
	if len(word) > maxLen {
		return ""
	}
	best, bestSlips := "", max(1, len(word)/3)+1
	for _, k := range known {
		if len(k) > maxLen {
			continue
		}
		if n := slips(word, k); n < bestSlips {
			best, bestSlips = k, n
		}
	}
	return best
}

// slips counts the letters to insert, remove, replace or swap with their
// neighbour to get from a to b.
func slips(a, b string) int {
	var rows [3][maxLen + 1]int // the row before the last, the last, and this one
	for j := range len(b) + 1 {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		rows[2][0] = i
		for j := 1; j <= len(b); j++ {
			n := rows[1][j-1]
			if a[i-1] != b[j-1] {
				n++
			}
			n = min(n, rows[1][j]+1, rows[2][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, rows[0][j-2]+1)
			}
			rows[2][j] = n
		}
		rows[0], rows[1] = rows[1], rows[2]
	}
	return rows[1][len(b)]
}
