package risk

// feature is one thing the statistical model weighs: a row of its table and
// how much of it there is.
type feature struct {
	at    uint32
	value float32
}

// smallestSet is how many places the set of a message's features starts with.
const smallestSet = 4096

// collector gathers the features of one message, each once.
type collector struct {
	table   *table
	set     []uint64 // keys seen in this message, open addressing; 0: free
	slots   []uint32 // the places of set in use
	keys    []uint64 // of the group being gathered
	gains   []float32
	at      []uint8 // sentence of each key
	now     uint8   // the sentence being gathered
	feats   []feature
	raw     []feature // the same, not yet scaled
	clauses []uint8   // sentence of each of feats
	mark    []uint32  // the round in which a row was last met
	round   uint32
	ends    [groups]int // where the features of each group end
	// Only when training: what a key stands for, and what to do with each key.
	names map[uint64]string
	count func(key uint64, gain float32)
}

func (c *collector) begin() {
	if c.set == nil {
		c.set = make([]uint64, smallestSet)
	}
	for _, at := range c.slots {
		c.set[at] = 0
	}
	c.slots, c.keys, c.gains, c.feats = c.slots[:0], c.keys[:0], c.gains[:0], c.feats[:0]
	c.at, c.raw, c.clauses, c.now = c.at[:0], c.raw[:0], c.clauses[:0], 0
}

// add notes a feature of the group being gathered and returns its key.
func (c *collector) add(h uint64, gain float32) uint64 {
	key := mix(h) | 1<<63 // never 0
	mask := uint32(len(c.set) - 1)
	at := uint32(key) & mask
	for c.set[at] != 0 {
		if c.set[at] == key {
			return key
		}
		at = (at + 1) & mask
	}
	c.set[at] = key
	c.slots = append(c.slots, at)
	c.keys, c.gains, c.at = append(c.keys, key), append(c.gains, gain), append(c.at, c.now)
	if 2*len(c.slots) > len(c.set) {
		c.grow()
	}
	return key
}

func (c *collector) grow() {
	old := c.set
	c.set = make([]uint64, 2*len(old))
	c.slots = c.slots[:0]
	mask := uint32(len(c.set) - 1)
	for _, key := range old {
		if key == 0 {
			continue
		}
		at := uint32(key) & mask
		for c.set[at] != 0 {
			at = (at + 1) & mask
		}
		c.set[at] = key
		c.slots = append(c.slots, at)
	}
}

// shut ends a group: its features are looked up, weighed by how rare they are
// and scaled to the length of the group.
func (c *collector) shut(g group) {
	if c.count != nil {
		for i, key := range c.keys {
			c.count(key, c.gains[i])
		}
	}
	mark := len(c.feats)
	var sum float32
	if c.table != nil {
		for i, key := range c.keys {
			if at, rarity := c.table.find(key); rarity > 0 {
				v := rarity * c.gains[i]
				sum += v * v
				c.feats = append(c.feats, feature{at: at, value: v})
				c.clauses = append(c.clauses, c.at[i])
			}
		}
	}
	c.raw = append(c.raw, c.feats[mark:]...)
	c.ends[g] = len(c.feats)
	c.keys, c.gains, c.at, c.now = c.keys[:0], c.gains[:0], c.at[:0], 0
	by := scaleOf(g, sum)
	for i := mark; i < len(c.feats); i++ {
		c.feats[i].value *= by
	}
}

func (c *collector) note(key uint64, parts ...string) {
	if c.names == nil {
		return
	}
	name := ""
	for _, p := range parts {
		name += p
	}
	c.names[key] = name
}
