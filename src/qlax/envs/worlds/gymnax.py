"""What gymnax alone has, by its own ids, which Gymnasium's registry has not."""

IDS = (
    *("FourRooms-misc", "MetaMaze-misc", "Pong-misc", "FrozenLake-misc"),
    *("BernoulliBandit-misc", "GaussianBandit-misc"),
    *("UmbrellaChain-bsuite", "SimpleBandit-bsuite", "MNISTBandit-bsuite"),
    *("Asterix-MinAtar", "Breakout-MinAtar", "Freeway-MinAtar", "Seaquest-MinAtar"),
    "SpaceInvaders-MinAtar",
)
"""Those that can be trained in, so that lists need not import it, which takes two seconds."""
