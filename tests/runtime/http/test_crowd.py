from gateway.runtime.http.crowd import Crowd


class Guest:
    def __init__(self):
        self.gone = False

    def give_way(self):
        self.gone = True


def test_the_longest_waiting_connection_makes_room():
    crowd, guests = Crowd(2), [Guest() for _ in range(3)]
    entered = [crowd.enter(guest) for guest in guests]
    assert (entered, [guest.gone for guest in guests]) == ([True] * 3, [True, False, False])


def test_connections_with_a_request_keep_their_places():
    crowd, guests = Crowd(2), [Guest() for _ in range(3)]
    for guest in guests[:2]:
        crowd.enter(guest)
        crowd.end_waiting(guest)
    assert (crowd.enter(guests[2]), [guest.gone for guest in guests]) == (False, [False] * 3)


def test_who_leaves_makes_room():
    crowd, guests = Crowd(1), [Guest() for _ in range(2)]
    crowd.enter(guests[0])
    crowd.end_waiting(guests[0])
    crowd.leave(guests[0])
    assert (crowd.enter(guests[1]), len(crowd)) == (True, 1)
