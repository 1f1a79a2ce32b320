package store

import (
	"reflect"
	"slices"
	"testing"

	"berth/engine"
)

func base() State {
	return Reduce(State{}, Snapshot{engine.Snapshot{
		Images:     []engine.Image{{ID: "a", RepoTags: []string{"one:1"}, Unique: 10, Shared: 5}, {ID: "b", RepoTags: []string{"two:1", "two:2"}, Unique: 20, Shared: 5, Containers: 2, Running: 1}},
		Containers: []engine.Container{{ID: "c1", Name: "x", State: engine.StateRunning, ImageID: "b"}, {ID: "c2", State: engine.StateExited, ImageID: "b"}},
		Pulls:      []engine.PullProgress{{ID: "p1", State: engine.PullActive, Current: 1, Total: 4}},
	}})
}

func container(action string, c *engine.Container, id string) engine.Event {
	return engine.Event{Kind: engine.KindContainer, Action: action, ID: id, Container: c}
}

func TestReduceFollowsTheEngine(t *testing.T) {
	s := Reduce(base(), Batch{[]engine.Event{
		container("create", &engine.Container{ID: "c3"}, "c3"),
		container("rename", &engine.Container{ID: "c1", Name: "y", State: engine.StateRunning, ImageID: "b"}, "c1"),
		container("destroy", nil, "c2"),
		container("exec_start", nil, "c1"),
		{Kind: engine.KindImage, Action: "delete", ID: "a"},
		{Kind: engine.KindPull, ID: "p1", Pull: &engine.PullProgress{ID: "p1", State: engine.PullDone}},
	}})
	var names []string
	for _, c := range s.Containers {
		names = append(names, c.ID+c.Name)
	}
	if !slices.Equal(names, []string{"c1y", "c3"}) {
		t.Errorf("containers %q", names)
	}
	if len(s.Images) != 1 || s.Images[0].ID != "b" {
		t.Errorf("images %+v", s.Images)
	}
	if p, ok := s.Pull("p1"); !ok || p.State != engine.PullDone {
		t.Errorf("a pull that ended is %+v", p)
	}
}

// A list that an event overtook changes sizes, and neither brings an image back nor takes one.
func TestSizesOfImagesThatShare(t *testing.T) {
	old := base()
	s := Reduce(old, Sizes{[]engine.Image{{ID: "b", Size: 25, Unique: 25, RepoTags: []string{"stale:1"}}, {ID: "gone", Size: 1}}})
	b, _ := s.Image("b")
	if len(s.Images) != 2 || b.Unique != 25 || b.Shared != 0 || !slices.Equal(b.RepoTags, []string{"two:1", "two:2"}) || b.Containers != 2 {
		t.Errorf("images %+v", s.Images)
	}
	if was, _ := old.Image("b"); was.Unique != 20 || s.ImagesVersion == old.ImagesVersion {
		t.Errorf("the old state has %+v", was)
	}
	if again := Reduce(s, Sizes{s.Images}); again.ImagesVersion != s.ImagesVersion {
		t.Error("the same sizes count as a change")
	}
}

func TestReduceLeavesTheOldStateAlone(t *testing.T) {
	old := base()
	want := base()
	Reduce(old, Batch{[]engine.Event{
		container("die", &engine.Container{ID: "c1", State: engine.StateExited, ImageID: "b"}, "c1"),
		container("destroy", nil, "c2"),
		{Kind: engine.KindImage, Action: "tag", ID: "a", Image: &engine.Image{ID: "a", RepoTags: []string{"one:1", "two:2"}}},
		{Kind: engine.KindPull, ID: "p1", Pull: &engine.PullProgress{ID: "p1", State: engine.PullFailed}},
	}})
	if !reflect.DeepEqual(old, want) {
		t.Errorf("the old state became %+v", old)
	}
}

func TestATagThatMovesLeavesItsImage(t *testing.T) {
	s := Reduce(base(), Batch{[]engine.Event{
		{Kind: engine.KindImage, Action: "tag", ID: "a", Image: &engine.Image{ID: "a", RepoTags: []string{"one:1", "two:2"}}},
	}})
	b, _ := s.Image("b")
	if !slices.Equal(b.RepoTags, []string{"two:1"}) {
		t.Errorf("tags %q", b.RepoTags)
	}
}

func TestImagesCountTheirContainers(t *testing.T) {
	old := base()
	s := Reduce(old, Batch{[]engine.Event{container("destroy", nil, "c1"), container("create", &engine.Container{ID: "c9", ImageID: "a"}, "c9")}})
	a, _ := s.Image("a")
	b, _ := s.Image("b")
	if a.Containers != 1 || a.Running != 0 || b.Containers != 1 || b.Running != 0 || s.ImagesVersion == old.ImagesVersion {
		t.Errorf("a %+v, b %+v", a, b)
	}
}

func TestVersionsTellWhatChanged(t *testing.T) {
	a := base()
	b := Reduce(a, Batch{[]engine.Event{{Kind: engine.KindPull, ID: "p1", Pull: &engine.PullProgress{ID: "p1"}}, {Kind: engine.KindStep}}})
	if b.PullsVersion == a.PullsVersion || b.ImagesVersion != a.ImagesVersion || b.ContainersVersion != a.ContainersVersion {
		t.Errorf("before %+v, after %+v", a, b)
	}
}

func TestEndedPullsStayUntilDismissed(t *testing.T) {
	s := Reduce(base(), Batch{[]engine.Event{{Kind: engine.KindPull, ID: "p1", Pull: &engine.PullProgress{ID: "p1", State: engine.PullFailed}}}})
	s = Reduce(s, Snapshot{})
	if len(s.Pulls) != 1 {
		t.Fatal("a new snapshot dropped it")
	}
	s = Reduce(s, Dismissed{"p1"})
	if len(s.Pulls) != 0 {
		t.Fatal("it stays")
	}
}

func TestSum(t *testing.T) {
	got := base().Sum()
	want := Totals{Running: 1, Images: 2, Bytes: 35, Reclaimable: 10, Active: 1, Current: 1, Total: 4}
	if got != want {
		t.Errorf("totals %+v, want %+v", got, want)
	}
}

func TestAPullNamesItsImageByReference(t *testing.T) {
	img := engine.Image{ID: "sha256:aa", RepoTags: []string{"hello-world:latest"}, Size: 1}
	s := State{Images: []engine.Image{img}}
	img.Size = 2
	s = Reduce(s, Batch{[]engine.Event{{Kind: engine.KindImage, Action: "pull", ID: "hello-world:latest", Image: &img}}})
	if len(s.Images) != 1 || s.Images[0].Size != 2 {
		t.Errorf("after the pull the images are %+v", s.Images)
	}
}
