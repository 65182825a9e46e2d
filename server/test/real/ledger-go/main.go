// Reads a Parley log with golang.org/x/mod/sumdb/{note,tlog}, code that nobody of Parley wrote: opens the
// checkpoint with the verifier key, reads every entry, and holds its hash against tiles that tlog itself verifies
// against the signed root.
//
//	ledger-go DIR                      every log of a ledger's folder
//	ledger-go URL -key VKEY [-token T] one log over HTTP, as https://host/ledger/example
//	ledger-go LOG -key VKEY -prefix M  tlog's consistency proof of the first M entries of one log's folder, a hash a line
//	ledger-go -receipt FILE -key VKEY  one tlog-proof file
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8
const tileWidth = 1 << tileHeight

// A source gives the file at a path of c2sp.org/tlog-tiles.
type source func(path string) ([]byte, error)

func folder(dir string) source {
	return func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, path)) }
}

func address(url, token string) source {
	return func(path string) ([]byte, error) {
		request, err := http.NewRequest("GET", strings.TrimSuffix(url, "/")+"/"+path, nil)
		if err != nil {
			return nil, err
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		defer reply.Body.Close()
		if reply.StatusCode != 200 {
			return nil, fmt.Errorf("%s: %s", path, reply.Status)
		}
		return io.ReadAll(reply.Body)
	}
}

// tiles is tlog's reader of tiles. Its paths name the height, those of c2sp.org/tlog-tiles do not.
type tiles struct{ read source }

func (t tiles) Height() int { return tileHeight }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		bytes, err := t.read(path)
		if err != nil {
			return nil, err
		}
		found = append(found, bytes)
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func openCheckpoint(text []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is not of this origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// The path of entry bundle n: that of the tile at level 0, under another name.
func bundlePath(n, size int64) string {
	width := tileWidth
	if rest := size - n*tileWidth; rest < tileWidth {
		width = int(rest)
	}
	tile := tlog.Tile{H: tileHeight, L: 0, N: n, W: width}
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", tileHeight), "tile/entries/", 1)
}

func verifyLog(read source, vkey string) (int64, error) {
	checkpoint, err := read("checkpoint")
	if err != nil {
		return 0, err
	}
	tree, err := openCheckpoint(checkpoint, vkey)
	if err != nil {
		return 0, err
	}
	if tree.N == 0 {
		// RFC 6962; tlog before 2024 gives zeros for the empty tree.
		if tree.Hash != tlog.Hash(sha256.Sum256(nil)) {
			return 0, errors.New("the root is not that of an empty tree")
		}
		return 0, nil
	}
	reader := tlog.TileHashReader(tree, tiles{read})
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return 0, err
	}
	if root != tree.Hash {
		return 0, errors.New("the tiles do not give the signed root")
	}
	for n := int64(0); n*tileWidth < tree.N; n++ {
		if err := verifyBundle(read, reader, tree, n); err != nil {
			return 0, err
		}
	}
	return tree.N, nil
}

func verifyBundle(read source, reader tlog.HashReader, tree tlog.Tree, n int64) error {
	path := bundlePath(n, tree.N)
	bundle, err := read(path)
	if err != nil {
		return err
	}
	var indexes []int64
	var hashes []tlog.Hash
	for i := n * tileWidth; i < (n+1)*tileWidth && i < tree.N; i++ {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return fmt.Errorf("%s is cut short", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		hashes = append(hashes, tlog.RecordHash(bundle[2:end]))
		indexes = append(indexes, tlog.StoredHashIndex(0, i))
		bundle = bundle[end:]
	}
	if len(bundle) != 0 {
		return fmt.Errorf("%s has bytes left over", path)
	}
	proven, err := reader.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i := range hashes {
		if hashes[i] != proven[i] {
			return fmt.Errorf("%s: entry %d is not the one in the tree", path, n*tileWidth+int64(i))
		}
	}
	first := n * tileWidth
	proof, err := tlog.ProveRecord(tree.N, first, reader)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, first, hashes[0])
}

func verifyReceipt(file, vkey string) error {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, checkpoint, ok := strings.Cut(string(bytes), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof file with its entry")
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint([]byte(checkpoint), vkey)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func verifyFolder(dir string) error {
	keys, err := filepath.Glob(filepath.Join(dir, "*", "key.json"))
	if err != nil || len(keys) == 0 {
		return fmt.Errorf("no logs in %s", dir)
	}
	for _, file := range keys {
		bytes, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var key struct{ Log, Vkey string }
		if err := json.Unmarshal(bytes, &key); err != nil {
			return err
		}
		size, err := verifyLog(folder(filepath.Dir(file)), key.Vkey)
		if err != nil {
			return fmt.Errorf("%s: %w", key.Log, err)
		}
		fmt.Printf("%s: %d entries hold\n", key.Log, size)
	}
	return nil
}

// The proof is checked against the root that tlog computes for the first m entries before it is printed.
func printPrefixProof(read source, vkey string, m int64) error {
	checkpoint, err := read("checkpoint")
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(checkpoint, vkey)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles{read})
	old, err := tlog.TreeHash(m, reader)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, m, reader)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, m, old); err != nil {
		return err
	}
	for _, hash := range append([]tlog.Hash{old}, proof...) {
		fmt.Println(hash.String())
	}
	return nil
}

func run() error {
	receipt := flag.String("receipt", "", "a tlog-proof file")
	vkey := flag.String("key", "", "verifier key")
	prefix := flag.Int64("prefix", 0, "entries of the older tree")
	token := flag.String("token", "", "bearer token")
	// Flags may follow the folder or address.
	var target string
	args := os.Args[1:]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		target, args = args[0], args[1:]
	}
	if err := flag.CommandLine.Parse(args); err != nil {
		return err
	}
	switch {
	case *receipt != "":
		if err := verifyReceipt(*receipt, *vkey); err != nil {
			return err
		}
		fmt.Println("the receipt holds")
		return nil
	case *prefix > 0:
		return printPrefixProof(folder(target), *vkey, *prefix)
	case strings.HasPrefix(target, "http"):
		size, err := verifyLog(address(target, *token), *vkey)
		if err == nil {
			fmt.Printf("%d entries hold\n", size)
		}
		return err
	case target != "":
		return verifyFolder(target)
	}
	return errors.New("usage: ledger-go DIR | URL -key VKEY [-token T] | -receipt FILE -key VKEY")
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
