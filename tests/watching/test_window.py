"""The window, on a display that nobody sees."""

import pytest
from PIL import Image

from qlax import UsageError
from qlax.watching.window import Window

pygame = pytest.importorskip("pygame")


@pytest.fixture
def window(monkeypatch):
    pygame.display.quit()
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    made = Window("a title")
    yield made
    made.close()


def press(key, unicode=""):
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, unicode=unicode, mod=0))


def test_it_shows_pictures_as_large_as_it_is(window):
    window.show(Image.new("RGB", (60, 30), "red"), "paused")
    surface = pygame.display.get_surface()
    assert surface.get_size() == (60, 54)  # the picture and help below
    assert surface.get_at((30, 15))[:3] == (255, 0, 0)
    assert pygame.display.get_caption()[0] == "a title"


def test_it_hears_keys_by_their_names(window):
    assert window.pressed() == []
    window.show(Image.new("RGB", (60, 30)))
    window.pressed()
    press(pygame.K_SPACE, " ")
    press(pygame.K_RIGHT)
    press(pygame.K_PLUS, "+")
    press(pygame.K_KP_MINUS, "-")
    press(pygame.K_KP_4, "4")
    press(pygame.K_a, "a")
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert window.pressed() == ["space", "right", "+", "-", "4", "a", "close"]
    assert window.held() == frozenset()


@pytest.mark.parametrize("driver", ["x11", None])
def test_without_a_display_a_sentence_says_so(monkeypatch, driver):
    pygame.display.quit()
    monkeypatch.setenv("DISPLAY", ":76543")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    if driver is not None:
        monkeypatch.setenv("SDL_VIDEODRIVER", driver)
    with pytest.raises(UsageError, match="No window can be opened"):
        Window("a title")
