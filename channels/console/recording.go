package console

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"helpline/dialog"
)

// audioTypes are given here, not asked of the machine, whose own list differs.
var audioTypes = map[string]string{".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".m4a": "audio/mp4"}

// showRecording is the audio of a voice message, whole or in ranges.
func (c *Console) showRecording(v *visit) error {
	path, _, err := c.cfg.Desk.RecordingFile(v.Request().Context(), v.worker, dialog.RecordingID(v.Param("id")))
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("recording: %w", dialog.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("open recording: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open recording: %w", err)
	}
	ext := strings.ToLower(filepath.Ext(path))
	kind := audioTypes[ext]
	if kind == "" {
		kind = "application/octet-stream"
	}
	h := v.Response().Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": "voice-message" + ext}))
	http.ServeContent(v.Response(), v.Request(), "", info.ModTime(), f)
	return nil
}

// postListened writes down that a voice message was listened to, to its end.
func (c *Console) postListened(v *visit) error {
	id := dialog.RecordingID(v.Param("id"))
	conv, err := field(v, "conversation")
	if err != nil {
		return err
	}
	if conv == "" {
		return &dialog.InvalidError{Field: "conversation", Problem: "is missing"}
	}
	if err := c.cfg.Desk.Listened(v.Request().Context(), v.worker, id); err != nil {
		return err
	}
	return c.done(v, dialog.ConversationID(conv), "listened")
}
