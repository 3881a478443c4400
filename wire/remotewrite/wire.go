package remotewrite

import (
	"encoding/binary"
	"math/bits"
)

// Wire types.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
)

// The tags of the fields: their numbers and wire types.
const (
	tagSeriesV1 = 1<<3 | wireBytes // WriteRequest.timeseries
	tagSymbols  = 4<<3 | wireBytes // Request.symbols
	tagSeriesV2 = 5<<3 | wireBytes // Request.timeseries

	tagLabels   = 1<<3 | wireBytes // TimeSeries.labels of V1
	tagRefs     = 1<<3 | wireBytes // TimeSeries.labels_refs of V2, packed
	tagSamples  = 2<<3 | wireBytes // TimeSeries.samples of both
	tagMetadata = 5<<3 | wireBytes // TimeSeries.metadata of V2

	tagLabelName  = 1<<3 | wireBytes
	tagLabelValue = 2<<3 | wireBytes

	tagValue = 1<<3 | wireFixed64
	tagTime  = 2<<3 | wireVarint

	tagType = 1<<3 | wireVarint
	tagHelp = 3<<3 | wireVarint
)

// typeGauge is METRIC_TYPE_GAUGE.
const typeGauge = 2

// appendHead appends what stands before a field of so many bytes.
func appendHead(dst []byte, tag byte, size int) []byte {
	return binary.AppendUvarint(append(dst, tag), uint64(size))
}

// fieldSize returns the length of a field that holds so many bytes.
func fieldSize(n int) int { return 1 + varintSize(uint64(n)) + n }

func varintSize(n uint64) int { return (bits.Len64(n|1) + 6) / 7 }
