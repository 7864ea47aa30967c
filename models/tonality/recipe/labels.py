"""The labels in the order of the model's outputs: the same as in src/classification/labels.ts."""

TONALITIES = ("positiv", "skeptisk", "negativ")
AREAS = ("handlaggare", "digitala_tjanster", "kommunala_tjanster", "tid", "helhet")
SERVICES = (
    "omsorg_stod",
    "forskola_skola",
    "bygg_miljo",
    "gata_park_trafik",
    "vatten_avfall",
    "kultur_fritid",
    "bostad",
    "ekonomiskt_bistand",
    "ovrigt",
)
