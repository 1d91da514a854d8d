package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	_ "modernc.org/sqlite" // the driver that sql.Open names below

	"helpline/dialog"
)

// Desk is what the jobs call.
type Desk interface {
	FetchRecording(ctx context.Context, id dialog.RecordingID) error
	Transcribe(ctx context.Context, id dialog.RecordingID) error
}

// Config is what the jobs need. Exactly one of Path and Pool is set.
type Config struct {
	Path  string        // a SQLite file of the jobs' own, so that they never wait for a message's commit
	Pool  *pgxpool.Pool // PostgreSQL: the service's own database
	Store dialog.Store
	Log   *slog.Logger
	Now   func() time.Time
	// Workers is how many recordings are seen to at once. 0: 2.
	Workers int
	// Sweep is how often due recordings are looked for. 0: 15 seconds.
	Sweep time.Duration
}

// Jobs runs the slow work of one node.
type Jobs struct {
	Config
	client
	desk  Desk
	close func()
}

// client is river's, whichever database it is on.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
}

// LookAtRecording asks for the next step of one recording.
type LookAtRecording struct {
	Recording string `json:"recording" river:"unique"`
}

// Kind names the job in the table.
func (LookAtRecording) Kind() string { return "look_at_recording" }

// InsertOpts keeps one waiting job per recording. The job itself is tried
// once: when to try again stands with the recording.
func (LookAtRecording) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		MaxAttempts: 1,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
			rivertype.JobStateScheduled, rivertype.JobStateRetryable,
		}},
	}
}

// sweepArgs asks for a look at what is due.
type sweepArgs struct{}

func (sweepArgs) Kind() string { return "sweep_recordings" }

type recordingWorker struct {
	river.WorkerDefaults[LookAtRecording]
	jobs *Jobs
}

// Timeout leaves time for a long message on a slow machine.
func (w *recordingWorker) Timeout(*river.Job[LookAtRecording]) time.Duration { return 15 * time.Minute }

func (w *recordingWorker) Work(ctx context.Context, job *river.Job[LookAtRecording]) error {
	return w.jobs.look(ctx, dialog.RecordingID(job.Args.Recording))
}

type sweepWorker struct {
	river.WorkerDefaults[sweepArgs]
	jobs *Jobs
}

func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[sweepArgs]) error {
	return w.jobs.sweep(ctx)
}

// Open prepares the queue's tables. Nothing runs until Start.
func Open(ctx context.Context, c Config) (*Jobs, error) {
	if c.Workers == 0 {
		c.Workers = 2
	}
	if c.Sweep == 0 {
		c.Sweep = 15 * time.Second
	}
	j := &Jobs{Config: c}
	if c.Pool != nil {
		j.close = func() {}
		return j, open(ctx, j, riverpgxv5.New(c.Pool))
	}
	// SQLite gives its journal the mode of the file: nobody else reads either.
	file, err := os.OpenFile(c.Path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	_ = file.Close()
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(5000)"}, "_txlock": {"immediate"}}
	pool, err := sql.Open("sqlite", "file:"+c.Path+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the job queue: %w", err)
	}
	pool.SetMaxOpenConns(1)
	j.close = func() { _ = pool.Close() }
	if err := open(ctx, j, riversqlite.New(pool)); err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

func open[T any](ctx context.Context, j *Jobs, driver riverdriver.Driver[T]) error {
	quiet := slog.New(onlyWarnings{j.Log.Handler()})
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return fmt.Errorf("prepare the job queue: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("prepare the job queue: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &recordingWorker{jobs: j})
	river.AddWorker(workers, &sweepWorker{jobs: j})
	c, err := river.NewClient(driver, &river.Config{
		Logger: quiet,
		// Whoever inserts a job wakes the workers, of this node at once and of others where the database tells them; asking besides is
		// for what a crash left.
		FetchPollInterval: 5 * time.Second,
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: j.Workers}},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(
			river.PeriodicInterval(j.Sweep),
			func() (river.JobArgs, *river.InsertOpts) {
				return sweepArgs{}, &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
					rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
					rivertype.JobStateScheduled, rivertype.JobStateRetryable,
				}}}
			},
			&river.PeriodicJobOpts{RunOnStart: true},
		)},
		Workers: workers,
	})
	if err != nil {
		return fmt.Errorf("prepare the job queue: %w", err)
	}
	j.client = c
	return nil
}

// Start begins to work for the desk.
func (j *Jobs) Start(ctx context.Context, desk Desk) error {
	j.desk = desk
	return j.client.Start(ctx)
}

// Stop lets the running jobs end, and cancels them when ctx ends first.
func (j *Jobs) Stop(ctx context.Context) error {
	defer j.close()
	return j.client.Stop(ctx)
}

// Look asks for a recording to be seen to soon. It does not block the caller
// for longer than one insert; when that fails the sweep finds the recording.
func (j *Jobs) Look(id dialog.RecordingID) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := j.Insert(ctx, LookAtRecording{Recording: string(id)}, nil); err != nil {
		j.Log.Warn("queue a recording", "recording", id, "error", err)
	}
}

// look takes a recording as far as it can be taken now.
func (j *Jobs) look(ctx context.Context, id dialog.RecordingID) error {
	if err := j.desk.FetchRecording(ctx, id); err != nil {
		return err
	}
	return j.desk.Transcribe(ctx, id)
}

func (j *Jobs) sweep(ctx context.Context) error {
	var due []dialog.Recording
	err := j.Store.Read(ctx, func(r dialog.Reader) (err error) {
		due, err = r.RecordingsDue(j.Now(), 100)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for recordings: %w", err)
	}
	var faults []error
	for _, rec := range due {
		if _, err := j.Insert(ctx, LookAtRecording{Recording: string(rec.ID)}, nil); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// onlyWarnings keeps the queue's own chatter out of the log.
type onlyWarnings struct{ slog.Handler }

func (h onlyWarnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

func (h onlyWarnings) WithAttrs(a []slog.Attr) slog.Handler {
	return onlyWarnings{h.Handler.WithAttrs(a)}
}

func (h onlyWarnings) WithGroup(name string) slog.Handler {
	return onlyWarnings{h.Handler.WithGroup(name)}
}
