package webchat

// TurnWheel looks at every socket at once, as the ticker does within half a minute.
func (c *Chat) TurnWheel() {
	for slot := range wheelSlots {
		c.hub.check(slot, c.cfg.Now())
	}
}
