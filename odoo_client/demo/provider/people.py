"""Invented names, places and numbers of the kind a provider in Zimbabwe has; none belongs to anybody."""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass


def _words(text: str, separator: str = " ") -> list[str]:
    return text.split(separator)


_GIVEN = _words(
    "Tendai Rudo Farai Chipo Tatenda Nyasha Kudzai Tafadzwa Rumbidzai Blessing Simbarashe Ruvimbo Tinashe Vimbai "
    "Munashe "
    "Panashe Anesu Takudzwa Shamiso Tawanda Memory Precious Loveness Innocent Brighton Privilege Nomsa Sipho Thandeka "
    "Mthokozisi Nokuthula Bongani Sibusiso Lindiwe Zanele Themba Nkosana Busisiwe Dumisani Sithembile Melusi Ntombi "
    "Primrose "
    "Givemore Learnmore Fungai Ropafadzo Chenai Garikai Hazvinei Pamela Gerald Patricia Stanley Yvonne"
)
_FAMILY = _words(
    "Moyo Ncube Sibanda Dube Ndlovu Mpofu Chikwanha Mutasa Chiweshe Marufu Mhlanga Nyathi Gumbo Mudzuri Zvobgo "
    "Chinyama "
    "Makoni Mapfumo Machingura Chirwa Banda Phiri Tshuma Khumalo Masuku Mlilo Hove Shumba Mukanya Chigumba Gwatidzo "
    "Madziva Mangwana Nyoni Zhou Mazarura Rusike Chidzonga Murefu Kamoto Mutendi Chitando Sithole Zimuto Nhamo Bvuma "
    "Mugari "
    "Tapera Mashingaidze Chikowore"
)
_TRADES = _words(
    "Hardware|Motors|Pharmacy|Lodge|Logistics|Academy|Clinic|Butchery|Milling|Engineering|Consulting|Travel|Printers|"
    "Farm Supplies|Electronics|Catering|Textiles|Attorneys|Dental Surgery|Steel|Borehole Drilling|Safaris|"
    "Primary School|"
    "Guest House|Supermarket|Architects|Insurance Brokers|Coffee Roasters|Seed Company|Freight",
    "|",
)
_PREFIXES = _words(
    "Msasa Sunrise Highveld Mbira Baobab Jacaranda Granite Kopje Flame Lily Matopo Nyanga Savanna Zambezi Kariba "
    "Eastgate Flamboyant Mukuyu Chimoto Kudu Mopane Rufaro Vhura Hararehills Lundi Sanyati"
)

#: city → (weight, dialling code of its landlines, suburbs)
PLACES: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "Harare": (
        52,
        "242",
        (
            "Avondale", "Borrowdale", "Mount Pleasant", "Glen View", "Budiriro", "Highfield", "Mabelreign",
            "Marlborough",
            "Greendale", "Hatfield", "Waterfalls", "Msasa", "Warren Park", "Eastlea", "Belvedere", "Chisipite",
            "Kuwadzana",
        ),
    ),
    "Bulawayo": (22, "292", ("Hillside", "Burnside", "Nkulumane", "Kumalo", "Famona", "Luveve", "Suburbs",
    "Matsheumhlope")),
    "Mutare": (9, "2020", ("Murambi", "Fairbridge Park", "Dangamvura", "Sakubva", "Yeovil", "Palmerston")),
    "Gweru": (8, "254", ("Mkoba", "Kopje", "Ivene", "Senga", "Athlone", "Southdowns")),
    "Masvingo": (4, "239", ("Rhodene", "Mucheke", "Rujeko")),
    "Kwekwe": (3, "255", ("Masasa Park", "Mbizo", "Newtown")),
    "Victoria Falls": (2, "213", ("Chinotimba", "Mkhosana")),
}  # fmt: skip

_STREETS = _words(
    "Samora Machel Ave|Josiah Tongogara St|Herbert Chitepo Ave|Leopold Takawira St|Fife Ave|Baines Ave|Enterprise Rd|"
    "Lomagundi Rd|Kirkman Dr|Seke Rd|Churchill Rd|Arcturus Rd|Main St|Robert Mugabe Way|Jason Moyo Ave|Aberfoyle Rd|"
    "Jacaranda Cres|Msasa Close|Acacia Rd|Protea Lane",
    "|",
)


@dataclass(frozen=True, slots=True)
class Person:
    """One invented customer: person or company."""

    name: str
    is_company: bool
    city: str
    street: str
    suburb: str
    phone: str
    email: str


def slug(text: str) -> str:
    """Return lower-case ASCII words joined by dots, for e-mail addresses."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return ".".join(re.findall(r"[a-z0-9]+", plain.lower())) or "customer"


def mobile_number(rng: random.Random) -> str:
    """Return a number in Zimbabwe's mobile ranges, in the subscriber block 000 that no operator hands out."""
    return f"+263 7{rng.choice('1378')}{rng.randint(0, 9)} 000 {rng.randint(0, 999):03d}"


def make_people(rng: random.Random, count: int) -> list[Person]:
    """Return `count` people and companies, about a quarter companies, spread over the cities by weight."""
    cities = list(PLACES)
    weights = [PLACES[city][0] for city in cities]
    people: list[Person] = []
    used: set[str] = set()
    while len(people) < count:
        is_company = rng.random() < 0.26
        if is_company:
            owner = rng.choice(_PREFIXES) if rng.random() < 0.6 else rng.choice(_FAMILY)
            ending = rng.choice(("", "", " (Pvt) Ltd", " (Private) Limited", " Pvt Ltd", " & Sons"))
            name = f"{owner} {rng.choice(_TRADES)}{ending}"
        else:
            name = f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}"
        if name in used:
            continue
        used.add(name)
        city = rng.choices(cities, weights)[0]
        suburb = rng.choice(PLACES[city][2])
        domain = (
            f"{slug(name).replace('.', '')[:18]}.example"
            if is_company
            else rng.choice(("mail.example", "post.example"))
        )
        local = rng.choice(("accounts", "info", "finance")) if is_company else slug(name)
        people.append(
            Person(
                name=name,
                is_company=is_company,
                city=city,
                street=f"{rng.randint(1, 240)} {rng.choice(_STREETS)}",
                suburb=suburb,
                phone=mobile_number(rng),
                email=f"{local}@{domain}",
            )
        )
    return people
