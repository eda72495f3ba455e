"""Writes the PyTorch files of this folder: `python make.py`, with PyTorch 2 and numpy, or with PyTorch 1.13 for the one named so."""

import argparse
import collections
import pathlib

import numpy
import torch


def every_type():
    names = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    return collections.OrderedDict((name, torch.tensor([0, 1, 2.5 if "float" in name else 2]).to(getattr(torch, name))) for name in names)


def views():
    grid = torch.arange(12.0).reshape(3, 4)
    parameter = torch.nn.Parameter(torch.tensor([1.5]))
    parameter.note = "hung onto it"
    state = collections.OrderedDict(
        whole=grid,
        transposed=grid.t(),
        part=grid[1:, 1::2],
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        expanded=torch.tensor([7.0]).expand(2, 3),
        parameter=torch.nn.Parameter(torch.tensor([[1.0, -1.0]])),
        noted=parameter,
    )
    state["nested"] = {"bias": torch.tensor([4, 5])}
    state["version"] = 3
    state._metadata = collections.OrderedDict({"": {"version": 1}})
    optimizer = {"state": {0: {"exp_avg": torch.ones(2)}}, "param_groups": [{"lr": numpy.float64(0.125), "betas": (0.9, 0.95), "params": [0]}]}
    args = argparse.Namespace(output=pathlib.PurePosixPath("/runs/a"), size=torch.Size([2, 3]), device=torch.device("cuda:1"), dtype=torch.bfloat16)
    return {
        "state_dict": state,
        "optimizer": optimizer,
        "epoch": numpy.int64(7),
        "args": args,
        "best": numpy.float32(0.5),
        "large": 2**70,
        "negative": -(2**40),
        "flags": {True},
        "digest": b"\x00\xff",
        "history": collections.defaultdict(list, {"loss": [1.0, 2.0]}),
    }


if torch.__version__.startswith("1.13"):
    torch.save(views(), "views-1.13.pt")
else:
    torch.save({"model": {**every_type(), "uint16": torch.tensor([0, 1, 65535]).to(torch.uint16)}}, "every-type.pt")
    torch.save(views(), "views.pt")
    torch.save(views(), "views-protocol-5.pt", pickle_protocol=5)
    torch.save(views(), "views-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(views(), "views-legacy-protocol-4.pt", _use_new_zipfile_serialization=False, pickle_protocol=4)
