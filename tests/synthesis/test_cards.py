import numpy as np

from txn_kedro.synthesis.cards import card_numbers, mask
from txn_kedro.synthesis.randomness import RandomBits, Stream


def luhn_sum(number: int) -> int:
    digits = [int(digit) for digit in str(number)]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return sum(doubled) + sum(digits[-1::-2])


def test_card_numbers_are_luhn_valid_and_of_their_networks():
    network = np.repeat([0, 1, 2], 500)
    numbers = card_numbers(network, RandomBits(7, Stream.WORLD, 9)).tolist()
    assert all(luhn_sum(number) % 10 == 0 for number in numbers)
    visa, mastercard, amex = (
        [str(number) for number in numbers[i : i + 500]] for i in (0, 500, 1000)
    )
    assert {(number[0], len(number)) for number in visa} == {("4", 16)}
    assert {(number[:2], len(number)) for number in mastercard} == {
        (f"5{d}", 16) for d in range(1, 6)
    }
    assert {(number[:2], len(number)) for number in amex} == {("34", 15), ("37", 15)}


def test_a_mask_keeps_the_first_six_and_the_last_four():
    numbers = np.array([4111111111111111, 378282246310005])
    assert mask(numbers).to_pylist() == ["411111******1111", "378282*****0005"]
