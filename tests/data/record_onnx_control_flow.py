#!/usr/bin/env python3
"""Records tests/data/onnx_control_flow.zip: recurrent layers and control flow, as record_onnx_ops.py does the others.

ONNX Runtime does not run recurrent layers whose batch comes first (layout=1); for those it is asked about the same layer
with time first, and what goes in and comes out is transposed here.

Usage: python3 record_onnx_control_flow.py [OUTPUT.zip]      (a second run gives the same bytes)
"""

import collections
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import record_onnx_ops as ops
from record_onnx_ops import Const, data, f32, fine, graph, i64, node, op

STEPS, BATCH, WIDTH, HIDDEN = 5, 3, 4, 2
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def i32(*values):
    return np.array(values, dtype=np.int32)


def layer(kind, directions=1, bias=True, seed=0, steps=STEPS, batch=BATCH):
    """The inputs X, W, R and B of a layer."""
    rows = GATES[kind] * HIDDEN
    x = fine(steps, batch, WIDTH, seed=seed)
    w = Const(fine(directions, rows, WIDTH, seed=seed + 1, scale=0.7))
    r = Const(fine(directions, rows, HIDDEN, seed=seed + 2, scale=0.7))
    return [x, w, r, Const(fine(directions, 2 * rows, seed=seed + 3, scale=0.3)) if bias else None]


def states(kind, directions=1, batch=BATCH):
    shape = (directions, batch, HIDDEN)
    return [fine(*shape, seed=7), fine(*shape, seed=8)] if kind == "LSTM" else [fine(*shape, seed=7)]


def recurrent(name, opset, arguments, outputs=None, **attributes):
    kind = name.split("/")[0]
    op(name, opset, *arguments, outputs=outputs or (3 if kind == "LSTM" else 2), hidden_size=HIDDEN, **attributes)


def every_recurrent_layer(kind):
    recurrent(f"{kind}/forward", 7, layer(kind))
    recurrent(f"{kind}/no_bias", 14, layer(kind, bias=False)[:3])
    recurrent(f"{kind}/reverse", 11, layer(kind, seed=1), direction="reverse")
    recurrent(f"{kind}/bidirectional", 14, layer(kind, 2, seed=2), direction="bidirectional")
    recurrent(f"{kind}/states", 9, layer(kind, seed=3) + [None] + states(kind))
    recurrent(f"{kind}/states_both_ways", 14, layer(kind, 2, seed=4) + [None] + states(kind, 2),
              direction="bidirectional")
    recurrent(f"{kind}/states_constant", 14, layer(kind) + [None] + [Const(s) for s in states(kind)])
    recurrent(f"{kind}/clip", 14, layer(kind, seed=5), clip=0.4)
    for form, wrap in (("constant", Const), ("input", np.asarray)):
        lengths = wrap(i32(2, 5, 1))
        recurrent(f"{kind}/lengths_{form}", 14, layer(kind) + [lengths] + states(kind))
        recurrent(f"{kind}/lengths_{form}_reverse", 14, layer(kind) + [lengths], direction="reverse")
        recurrent(f"{kind}/lengths_{form}_both_ways", 14, layer(kind, 2) + [lengths] + states(kind, 2),
                  direction="bidirectional")
    if kind != "RNN":  # of which ONNX Runtime leaves the last state of an empty sequence unwritten
        recurrent(f"{kind}/lengths_zero", 14, layer(kind) + [i32(0, 5, 3)] + states(kind))
    recurrent(f"{kind}/lengths_all_full", 14, layer(kind) + [Const(i32(5, 5, 5))])
    recurrent(f"{kind}/one_step_one_sequence", 7, layer(kind, steps=1, batch=1))
    x, w, r, b = layer(kind)
    recurrent(f"{kind}/weights_fed", 14, [x, w.array, r.array, b.array])
    names = [f"{kind}{i}" for i in range(3 if kind == "LSTM" else 2)]
    for index, name in enumerate(names):
        inputs = {"x": x}, {"w": w.array, "r": r.array, "b": b.array}
        outputs = ["" if other != name else "y" for other in names][: index + 1]
        graph(f"{kind}/only_output_{index}", 14, [
            helper.make_node(kind, ["x", "w", "r", "b"], outputs, hidden_size=HIDDEN)], *inputs)
    # Two layers, one on the other, as exporters write them.
    graph(f"{kind}/stacked", 14, [
        helper.make_node(kind, ["x", "w", "r", "b"], ["h", "last"], hidden_size=HIDDEN, direction="bidirectional"),
        node("Transpose", "h", "t", perm=[0, 2, 1, 3]), node("Reshape", "t,flat", "f"),
        helper.make_node(kind, ["f", "v", "s"], ["y"], hidden_size=HIDDEN)], {"x": x},
        {"w": layer(kind, 2)[1].array, "r": layer(kind, 2)[2].array, "b": layer(kind, 2)[3].array,
         "v": fine(1, GATES[kind] * HIDDEN, 2 * HIDDEN, seed=20), "s": fine(1, GATES[kind] * HIDDEN, HIDDEN, seed=21),
         "flat": i64(0, 0, -1)}, ("y", "last"))


def batch_first(kind, name, directions, lengths=None, **attributes):
    """A case with layout=1, answered by ONNX Runtime with time first."""
    x, w, r, b = layer(kind, directions, seed=30)
    start = states(kind, directions)
    many = 3 if kind == "LSTM" else 2
    names = [f"y{i}" for i in range(many)]
    constants = {"w": w.array, "r": r.array, "b": b.array}
    if lengths is not None:
        constants["l"] = lengths
    keys = ["x", "w", "r", "b", "l" if lengths is not None else ""] + [f"s{i}" for i in range(len(start))]

    def model(feeds, results, **more):
        nodes = [helper.make_node(kind, keys, names, hidden_size=HIDDEN, **attributes, **more)]
        parts = helper.make_graph(nodes, name.replace("/", "_"), [ops.value_info(*item) for item in feeds.items()],
                                  results, [numpy_helper.from_array(value, key) for key, value in constants.items()])
        return helper.make_model(parts, ir_version=ops.IR_VERSION[14], producer_name="",
                                 opset_imports=[helper.make_opsetid("", 14)])

    feeds = {"x": x} | {f"s{i}": value for i, value in enumerate(start)}
    options = ops.onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = ops.onnxruntime.InferenceSession(
        model(feeds, [onnx.ValueInfoProto(name=key) for key in names]).SerializeToString(), options,
        providers=["CPUExecutionProvider"])
    results = session.run(names, feeds)
    feeds = {key: value.swapaxes(0, 1) for key, value in feeds.items()}
    results = [results[0].transpose(2, 0, 1, 3)] + [value.swapaxes(0, 1) for value in results[1:]]
    typed = model(feeds, [ops.value_info(key, value) for key, value in zip(names, results)], layout=1)
    onnx.checker.check_model(typed)
    ops.archive.add_file(f"{name}/model.onnx", typed.SerializeToString(deterministic=True))
    for direction, arrays in (("input", feeds.values()), ("output", results)):
        for index, array in enumerate(arrays):
            ops.archive.add_file(f"{name}/{direction}{index}.npy", ops.npy_bytes(array))
    ops.archive.add_case({"name": name, "op": kind, "opset": 14, "inputs": len(feeds), "outputs": many})


def recurrent_layers():
    for kind in GATES:
        every_recurrent_layer(kind)
        batch_first(kind, f"{kind}/batch_first", 1)
        batch_first(kind, f"{kind}/batch_first_both_ways", 2, direction="bidirectional")
        batch_first(kind, f"{kind}/batch_first_lengths", 2, i32(4, 1, 5), direction="bidirectional")

    peepholes = Const(fine(1, 3 * HIDDEN, seed=9))
    recurrent("LSTM/peepholes", 14, layer("LSTM") + [None, None, None, peepholes])
    recurrent("LSTM/peepholes_clip", 7, layer("LSTM") + [None] + states("LSTM") + [peepholes], clip=0.3)
    recurrent("LSTM/peepholes_both_ways", 14,
              layer("LSTM", 2) + [None, None, None, Const(fine(2, 3 * HIDDEN, seed=10))], direction="bidirectional")
    recurrent("LSTM/input_forget", 14, layer("LSTM"), input_forget=1)
    recurrent("LSTM/input_forget_peepholes", 14, layer("LSTM") + [None, None, None, peepholes], input_forget=1)
    recurrent("LSTM/activations", 14, layer("LSTM"), activations=["HardSigmoid", "Softsign", "Relu"],
              activation_alpha=[0.3], activation_beta=[0.4])
    recurrent("LSTM/activations_both_ways", 14, layer("LSTM", 2), direction="bidirectional",
              activations=["Sigmoid", "Elu", "Tanh", "HardSigmoid", "ScaledTanh", "LeakyRelu"],
              activation_alpha=[0.7, 0.25, 1.5, 0.05], activation_beta=[0.6, 0.8])
    recurrent("LSTM/longer", 14, layer("LSTM", steps=40))

    for reset in (0, 1):
        suffix = "after" if reset else "before"
        recurrent(f"GRU/reset_{suffix}_states", 14, layer("GRU", seed=11) + [None] + states("GRU"),
                  linear_before_reset=reset)
        recurrent(f"GRU/reset_{suffix}_no_bias", 7, layer("GRU", bias=False, seed=12)[:3] + [None, None] + states("GRU"),
                  linear_before_reset=reset)
        recurrent(f"GRU/reset_{suffix}_both_ways", 14, layer("GRU", 2, seed=13) + [None] + states("GRU", 2),
                  direction="bidirectional", linear_before_reset=reset)
        recurrent(f"GRU/reset_{suffix}_clip", 14, layer("GRU", seed=14), clip=0.3, linear_before_reset=reset)
        recurrent(f"GRU/reset_{suffix}_activations", 14, layer("GRU", seed=15), activations=["HardSigmoid", "Softplus"],
                  linear_before_reset=reset)

    # With their parameters in an RNN; without, where ONNX Runtime takes the defaults of ONNX's operators, in a GRU. (It
    # takes 0 for those of the others, and in an RNN for all.)
    given = {"Affine": ([0.5], [0.25]), "LeakyRelu": ([0.2], []), "ThresholdedRelu": ([0.3], []),
             "ScaledTanh": ([1.5], [0.5]), "HardSigmoid": ([0.3], [0.4]), "Elu": ([0.7], [])}
    for function in ("Affine", "Relu", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu", "Softsign",
                     "Softplus", "Sigmoid", "Tanh"):
        alpha, beta = given.get(function, ([], []))
        parameters = ({"activation_alpha": alpha} if alpha else {}) | ({"activation_beta": beta} if beta else {})
        recurrent(f"RNN/{function.lower()}", 14, layer("RNN"), activations=[function], **parameters)
        recurrent(f"GRU/{function.lower()}", 14, layer("GRU"), activations=["Sigmoid", function], **parameters)
        if function in ("LeakyRelu", "HardSigmoid", "Elu"):
            recurrent(f"GRU/{function.lower()}_by_itself", 14, layer("GRU"), activations=["Sigmoid", function])
    recurrent("RNN/two_activations", 14, layer("RNN", 2), direction="bidirectional", activations=["HardSigmoid", "Affine"],
              activation_alpha=[0.2, 0.9], activation_beta=[0.1, 0.3])


def info(name, dtype=TensorProto.FLOAT, shape=None):
    return helper.make_tensor_value_info(name, dtype, shape)


def body(nodes, inputs, outputs, constants=None, name="body"):
    """A graph for a node. Inputs and outputs are names, or what info() gives; names stand for floats of any shape."""
    def typed(values):
        return [info(value) if isinstance(value, str) else value for value in values]
    return helper.make_graph(nodes, name, typed(inputs), typed(outputs),
                             [numpy_helper.from_array(np.array(value), key) for key, value in (constants or {}).items()])


ITERATION, GOES_ON = info("i", TensorProto.INT64, []), info("on", TensorProto.BOOL, [])
ALWAYS = node("Identity", "on", "on_out")
ON_OUT = info("on_out", TensorProto.BOOL, [])
TRUE = np.array(True)


def loops():
    add = body([ALWAYS, node("Add", "a,x", "a_out"), node("Mul", "a_out,x", "row")], [ITERATION, GOES_ON, "a"],
               [ON_OUT, "a_out", "row"])
    x = {"x": data(2, 3)}
    for opset in (7, 11, 13, 16, 19, 21):
        graph(f"Loop/sum_and_rows_{opset}", opset, [node("Loop", "n,c,x", "y,rows", body=add)], x, {"n": i64(4)[0], "c": TRUE},
              ("y", "rows"))
    graph("Loop/no_condition", 13, [node("Loop", "n,,x", "y,rows", body=add)], x, {"n": i64(3)}, ("y", "rows"))
    graph("Loop/condition_false", 13, [node("Loop", "n,c,x", "y,rows", body=add), node("Neg", "y", "z")], x,
          {"n": i64(3)[0], "c": np.array(False)}, ("z",))
    graph("Loop/no_iteration", 13, [node("Loop", "n,c,x", "y,rows", body=body(
        [ALWAYS, node("Add", "a,x", "a_out"), node("Mul", "a_out,x", "row")], [ITERATION, GOES_ON, info("a", shape=[2, 3])],
        [ON_OUT, info("a_out", shape=[2, 3]), info("row", shape=[2, 3])])), node("Concat", "rows,more", "z", axis=0),
        node("Neg", "y", "w")], x, {"n": i64(0)[0], "c": TRUE, "more": data(1, 2, 3, seed=1)}, ("w", "z"))
    until = body([node("Add", "k,one", "k_out"), node("Less", "k_out,limit", "on_out"), node("Mul", "a,half", "a_out")],
                 [ITERATION, GOES_ON, info("k", TensorProto.INT64, []), "a"],
                 [ON_OUT, info("k_out", TensorProto.INT64, []), "a_out"], {"one": i64(1)[0], "half": np.float32(0.5)})
    graph("Loop/while", 13, [node("Loop", ",c,zero,x", "k,y", body=until)], x,
          {"c": TRUE, "zero": i64(0)[0], "limit": i64(5)[0]}, ("k", "y"))
    graph("Loop/while_within", 13, [node("Loop", "n,c,zero,x", "k,y", body=until)], x,
          {"n": i64(3)[0], "c": TRUE, "zero": i64(0)[0], "limit": i64(5)[0]}, ("k", "y"))
    pick = body([ALWAYS, node("Gather", "x,i", "row", axis=0), node("Add", "a,row", "a_out")],
                [ITERATION, GOES_ON, "a"], [ON_OUT, "a_out"])
    graph("Loop/over_rows", 13, [node("Shape", "x", "s"), node("Gather", "s,first", "n"),
                                 node("Loop", "n,c,z", "y", body=pick)], {"x": data(4, 3)},
          {"first": i64(0)[0], "c": TRUE, "z": np.zeros(3, np.float32)})
    listed = body([ALWAYS, node("Gather", "x,i1", "row", axis=0)],
                  [info("i1", TensorProto.INT64, [1]), GOES_ON], [ON_OUT, "row"])
    graph("Loop/iteration_as_list", 13, [node("Loop", "n,c", "y", body=listed)], {"x": data(3, 2)},
          {"n": i64(3)[0], "c": TRUE})
    grow = body([ALWAYS, node("Concat", "a,x", "a_out", axis=0)], [ITERATION, GOES_ON, "a"], [ON_OUT, "a_out"])
    graph("Loop/grows", 13, [node("Loop", "n,c,x", "y", body=grow), node("Relu", "y", "z")], x,
          {"n": i64(3)[0], "c": TRUE}, ("z",))
    swap = body([ALWAYS, node("Identity", "b", "a_out"), node("Add", "a,x", "b_out")], [ITERATION, GOES_ON, "a", "b"],
                [ON_OUT, "a_out", "b_out"])
    graph("Loop/swaps", 13, [node("Loop", "n,c,x,z", "y,w", body=swap)], {"x": data(2), "z": data(2, seed=1)},
          {"n": i64(5)[0], "c": TRUE}, ("y", "w"))

    # The running model decides when it ends.
    halve = body([node("Mul", "a,half", "a_out"), node("ReduceMax", "a_out", "most", keepdims=0),
                  node("Greater", "most,least", "on_out"), node("Gather", "table,i", "row"), node("Add", "t,row", "t_out")],
                 [ITERATION, GOES_ON, "a", "t"], [ON_OUT, "a_out", "t_out"], {"half": np.float32(0.5)})
    for name, scale, going in (("early", 4, True), ("at_once", 0.25, True), ("never", 1000, True), ("not_begun", 4, False)):
        graph(f"Loop/until_computed_{name}", 13, [node("Loop", "n,c,x,z", "y,total", body=halve)],
              {"x": f32(0.5, 1, 0.75) * np.float32(scale), "c": np.array(going), "table": data(6, 2)},
              {"n": i64(6)[0], "least": np.float32(0.3), "z": np.zeros(2, np.float32)}, ("y", "total"))
    # Past its end it would read behind the table's: that must not fail.
    upto = body([node("Gather", "table,k", "row"), node("Add", "t,row", "t_out"), node("Add", "k,one", "k_out"),
                 node("Less", "k_out,last", "on_out")],
                [ITERATION, GOES_ON, info("k", TensorProto.INT64, []), "t"],
                [ON_OUT, info("k_out", TensorProto.INT64, []), "t_out"], {"one": i64(1)[0]})
    graph("Loop/until_computed_ends_in_time", 13, [node("Loop", "n,c,k,z", "k_end,total", body=upto)],
          {"k": np.array(0), "last": np.array(3), "table": data(3, 2)},
          {"n": i64(8)[0], "c": TRUE, "z": np.zeros(2, np.float32)}, ("k_end", "total"))

    inner = body([node("Identity", "on2", "on2_out"), node("Add", "b,row", "s"), node("Mul", "s,x", "p"),
                  node("Add", "p,weight", "b_out")],
                 [info("j", TensorProto.INT64, []), info("on2", TensorProto.BOOL, []), "b"],
                 [info("on2_out", TensorProto.BOOL, []), "b_out"], {"weight": f32(0.5, 0.25, -1)}, "inner")
    outer = body([ALWAYS, node("Gather", "x,i", "row", axis=0), node("Add", "i,one", "times"),
                  node("Loop", "times,c,a", "a_out", body=inner), node("ReduceSum", "a_out", "total", keepdims=0)],
                 [ITERATION, GOES_ON, "a"], [ON_OUT, "a_out", "total"])
    graph("Loop/nested", 13, [node("Loop", "n,c,x", "y,totals", body=outer)], {"x": data(3, 3, low=-1, high=1)},
          {"n": i64(3)[0], "c": TRUE, "one": i64(1)[0]}, ("y", "totals"))
    dense = body([ALWAYS, node("MatMul", "h,w", "m"), node("Add", "m,b", "s"), node("Tanh", "s", "h_out")],
                 [ITERATION, GOES_ON, "h"], [ON_OUT, "h_out", "h_out"], {"w": fine(3, 3, seed=1), "b": fine(3, seed=2)})
    graph("Loop/recurrent", 13, [node("Loop", "n,c,x", "y,all", body=dense)], {"x": fine(2, 3)},
          {"n": i64(6)[0], "c": TRUE}, ("y", "all"))


def scans():
    total = body([node("Add", "s,e", "s_out"), node("Identity", "s_out", "o")], ["s", "e"], ["s_out", "o"])
    for opset in (9, 11, 16, 19, 21):
        graph(f"Scan/cumulative_sum_{opset}", opset, [node("Scan", "z,x", "y,all", body=total, num_scan_inputs=1)],
              {"x": data(4, 3)}, {"z": np.zeros(3, np.float32)}, ("y", "all"))
    batches = {"x": data(2, 4, 3)}, {"z": data(2, 3, seed=1)}, ("y", "all")
    graph("Scan/batches_8", 8, [node("Scan", ",z,x", "y,all", body=total, num_scan_inputs=1)], *batches)
    graph("Scan/batches_8_backwards", 8, [node("Scan", ",z,x", "y,all", body=total, num_scan_inputs=1, directions=[1])],
          *batches)
    graph("Scan/backwards", 11, [node("Scan", "z,x", "y,all", body=total, num_scan_inputs=1, scan_input_directions=[1],
                                      scan_output_directions=[1])],
          {"x": data(4, 3)}, {"z": np.zeros(3, np.float32)}, ("y", "all"))
    graph("Scan/output_backwards", 11, [node("Scan", "z,x", "y,all", body=total, num_scan_inputs=1,
                                             scan_output_directions=[1])],
          {"x": data(4, 3)}, {"z": np.zeros(3, np.float32)}, ("y", "all"))
    graph("Scan/other_axes", 11, [node("Scan", "z,x", "y,all", body=total, num_scan_inputs=1, scan_input_axes=[1],
                                       scan_output_axes=[1])],
          {"x": data(2, 5, 3)}, {"z": np.zeros((2, 3), np.float32)}, ("y", "all"))
    graph("Scan/axes_from_the_end", 11, [node("Scan", "z,x", "y,all", body=total, num_scan_inputs=1,
                                              scan_input_axes=[-2], scan_output_axes=[-1])],
          {"x": data(2, 5, 3)}, {"z": np.zeros((2, 3), np.float32)}, ("y", "all"))
    several = body([node("Mul", "e,f", "p"), node("Add", "p,k", "q"), node("Sub", "e,f", "r")], ["e", "f"],
                   ["q", "r"], {"k": f32(1, 2)})
    graph("Scan/no_state_two_inputs", 11, [node("Scan", "x,z", "y,w", body=several, num_scan_inputs=2,
                                                scan_input_axes=[0, 1], scan_input_directions=[0, 1])],
          {"x": data(3, 2), "z": data(2, 3, seed=1)}, None, ("y", "w"))
    cell = body([node("MatMul", "e,w", "a"), node("MatMul", "h,r", "b"), node("Add", "a,b", "s"),
                 node("Tanh", "s", "h_out"), node("Identity", "h_out", "o")], ["h", "e"], ["h_out", "o"],
                {"w": fine(4, 3, seed=1), "r": fine(3, 3, seed=2)})
    graph("Scan/recurrent", 11, [node("Scan", "z,x", "y,all", body=cell, num_scan_inputs=1)],
          {"x": fine(6, 2, 4)}, {"z": np.zeros((2, 3), np.float32)}, ("y", "all"))
    inside = body([node("Add", "t,g", "u"), node("Mul", "u,k", "t_out")], ["t", "g"], ["t_out"], {"k": np.float32(0.5)},
                  "inner")
    nested = body([node("Scan", "zero,e", "last", body=inside, num_scan_inputs=1), node("Add", "s,last", "s_out"),
                   node("Identity", "last", "o")], ["s", "e"], ["s_out", "o"])
    graph("Scan/nested", 11, [node("Scan", "zero,x", "y,all", body=nested, num_scan_inputs=1)],
          {"x": data(3, 4)}, {"zero": np.float32(0)}, ("y", "all"))


def branches():
    def either(then_nodes, else_nodes, outputs="y", dtypes=(np.float32, np.float32), constants=None):
        def branch(suffix, nodes, held):
            results = [info(key + suffix, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
                       for key, dtype in zip(outputs.split(","), dtypes)]
            return body(nodes, [], results, held, suffix[1:])
        return node("If", "c", outputs, then_branch=branch("_then", then_nodes, constants),
                    else_branch=branch("_else", else_nodes, None))

    simple = either([node("Relu", "x", "y_then")], [node("Neg", "x", "y_else")])
    for opset in (7, 11, 13, 16, 19, 21):
        for value in (False, True):
            graph(f"If/constant_{opset}_{int(value)}", opset, [simple], {"x": data(2, 3)}, {"c": np.array(value)})
            graph(f"If/fed_{opset}_{int(value)}", opset, [simple], {"x": data(2, 3), "c": np.array(value)})
    graph("If/condition_as_list", 13, [simple], {"x": data(2, 3), "c": np.array([True])})
    computed = [node("ReduceSum", "x", "sum", keepdims=0), node("Greater", "sum,zero", "c")]
    for seed in (0, 1, 2):
        graph(f"If/computed_{seed}", 13, computed + [simple], {"x": data(2, 2, seed=seed)}, {"zero": np.float32(0)})
    squeeze = either([node("Squeeze", "p,axis", "y_then")], [node("Identity", "p", "y_else")])
    graph("If/squeeze_where_it_can", 13, [
        node("Conv", "x,w", "p"), node("Shape", "p", "s"), node("Gather", "s,at", "n"), node("Equal", "n,one", "c"),
        squeeze], {"x": data(1, 2, 3, 3)}, {"w": data(1, 2, 3, 3, seed=1), "at": i64(1)[0], "one": i64(1)[0],
                                           "axis": i64(1)})
    both = either([node("MatMul", "x,w", "m"), node("Sigmoid", "m", "y_then"), node("Shape", "m", "z_then")],
                  [node("MatMul", "x,v", "m"), node("Tanh", "m", "y_else"), node("Shape", "m", "z_else")],
                  outputs="y,z", dtypes=(np.float32, np.int64), constants={"w": fine(3, 2, seed=1)})
    for value in (False, True):
        graph(f"If/two_outputs_{int(value)}", 13, [both], {"x": fine(2, 3), "c": np.array(value)},
              {"v": fine(3, 2, seed=2)}, ("y", "z"))
    for dtype in (bool, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float16,
                  np.float64):
        dtype = np.dtype(dtype)
        largest = np.array([0, 1, 1 if dtype.kind in "bf" else np.iinfo(dtype).max], dtype)
        moved = either([node("Identity", "x", "y_then")], [node("Identity", "z", "y_else")], dtypes=[dtype])
        graph(f"If/of_{dtype.name}", 13, [moved, node("Concat", "y,x", "w", axis=0)],
              {"x": largest, "z": np.flip(largest), "c": np.array(False)}, None, ("y", "w"))
        held = body([ALWAYS, node("Identity", "b", "a_out"), node("Identity", "a", "b_out"), node("Identity", "a", "row")],
                    [ITERATION, GOES_ON] + [info(key, helper.np_dtype_to_tensor_dtype(dtype)) for key in "ab"],
                    [ON_OUT] + [info(key, helper.np_dtype_to_tensor_dtype(dtype)) for key in ("a_out", "b_out", "row")])
        graph(f"Loop/of_{dtype.name}", 13, [node("Loop", "n,on0,x,z", "y,w,rows", body=held)],
              {"x": largest, "z": np.flip(largest)}, {"n": i64(3)[0], "on0": TRUE}, ("y", "w", "rows"))
    # What only the branch taken may do: the other one must not make the program fail.
    risky = either([node("Gather", "x,k", "y_then")],
                   [node("ReduceSum", "x", "s", keepdims=1), node("Mul", "s,s", "y_else")])
    graph("If/index_outside_not_taken", 13, [risky], {"x": data(4), "k": i64(9), "c": np.array(False)})
    graph("If/index_inside_taken", 13, [risky], {"x": data(4), "k": i64(-2), "c": np.array(True)})
    for function, dtype in (("Div", np.int64), ("Mod", np.int32)):
        divide = either([node(function, "x,k", "y_then")], [node("Add", "x,k", "y_else")], dtypes=[dtype])
        x, zero, three = (np.array(v, dtype) for v in ([7, -8, 9], [0, 0, 1], [3, 2, -4]))
        graph(f"If/{function.lower()}_by_zero_not_taken", 13, [divide], {"x": x, "k": zero, "c": np.array(False)})
        graph(f"If/{function.lower()}_taken", 13, [divide], {"x": x, "k": three, "c": np.array(True)})

    def nested(first, second):
        deep = helper.make_node("If", ["d"], ["y_then"], then_branch=body([node("Gather", "x,k", "p")], [], ["p"]),
                                else_branch=body([node("Gather", "x,j", "q")], [], ["q"]))
        graph(f"If/nested_{int(first)}{int(second)}", 13, [helper.make_node(
            "If", ["c"], ["y"], then_branch=body([deep], [], ["y_then"]),
            else_branch=body([node("ReduceMax", "x", "y_else", keepdims=1)], [], ["y_else"]))],
            {"x": data(4), "k": i64(2 if first and second else 50), "j": i64(1 if first and not second else -70),
             "c": np.array(first), "d": np.array(second)})
    for first in (False, True):
        for second in (False, True):
            nested(first, second)

    by_iteration = helper.make_node("If", ["early"], ["a_out"], then_branch=body([node("Add", "a,x", "p")], [], ["p"]),
                                    else_branch=body([node("Mul", "a,x", "q")], [], ["q"]))
    graph("If/in_loop_by_iteration", 13, [node("Loop", "n,on0,x", "y", body=body(
        [ALWAYS, node("Less", "i,two", "early"), by_iteration], [ITERATION, GOES_ON, "a"], [ON_OUT, "a_out"]))],
        {"x": data(2, 3, low=-1, high=1)}, {"n": i64(4)[0], "on0": TRUE, "two": i64(2)[0]})
    graph("If/in_loop_by_value", 13, [node("Loop", "n,on0,x", "y", body=body(
        [ALWAYS, node("ReduceSum", "a", "s", keepdims=0), node("Less", "s,zero", "early"), by_iteration],
        [ITERATION, GOES_ON, "a"], [ON_OUT, "a_out"]))],
        {"x": data(2, 3, low=-1, high=1)}, {"n": i64(4)[0], "on0": TRUE, "zero": np.float32(0)})
    loop_inside = node("Loop", "n,on0,x", "p", body=body(
        [ALWAYS, node("Add", "a,x", "a_out")], [ITERATION, GOES_ON, "a"], [ON_OUT, "a_out"]))
    graph("If/loop_inside", 13, [helper.make_node(
        "If", ["c"], ["y"], then_branch=body([loop_inside], [], ["p"]),
        else_branch=body([node("Neg", "x", "q")], [], ["q"]))], {"x": data(2, 3), "c": np.array(True)},
        {"n": i64(3)[0], "on0": TRUE})


def functions():
    """Functions of the model's own around graphs, and within them."""
    imports = [helper.make_opsetid("", 15), helper.make_opsetid("own", 1)]
    # F(a, c): a loop whose body reads the function's inputs and names of its own, and calls another function.
    half = helper.make_function("own", "Half", ["a"], ["b"], [
        node("Constant", "", "h", value_float=0.5), node("Mul", "a,h", "b")], imports)
    half.node[0].ClearField("input")
    step = body([ALWAYS, helper.make_node("Half", ["s"], ["t"], domain="own"), node("Add", "t,a", "u"),
                 node("Mul", "u,k", "s_out")], [ITERATION, GOES_ON, "s"], [ON_OUT, "s_out"], {"k": f32(1, -1, 2)})
    constants = [node("Constant", "", "n", value_int=3), node("Constant", "", "yes", value=numpy_helper.from_array(TRUE))]
    for made in constants:
        made.ClearField("input")
    looped = helper.make_function("own", "Looped", ["a"], ["b"], constants + [node("Loop", "n,yes,a", "b", body=step)],
                                  imports)
    call = helper.make_node("Looped", ["x"], ["m"], domain="own")
    ops.record("Loop/in_a_function", 15, [call, helper.make_node("Looped", ["m"], ["y"], domain="own")],
               {"x": data(2, 3)}, {}, ["y"], functions=[half, looped])
    # A branch that calls the function, where names of the graph outside are those of the function's own.
    chosen = helper.make_node("If", ["c"], ["y"], then_branch=body(
        [helper.make_node("Looped", ["s"], ["p"], domain="own")], [], ["p"]),
        else_branch=body([helper.make_node("Half", ["s"], ["q"], domain="own")], [], ["q"]))
    for value in (False, True):
        ops.record(f"If/calls_functions_{int(value)}", 15, [node("Neg", "x", "s"), chosen],
                   {"x": data(2, 3), "c": np.array(value)}, {}, ["y"], functions=[half, looped])
    # An If in a function whose branches read its inputs, called by every iteration of a loop.
    flip = helper.make_function("own", "Flip", ["a", "c"], ["b"], [
        node("Neg", "a", "m"), helper.make_node("If", ["c"], ["b"], then_branch=body([node("Identity", "m", "p")], [], ["p"]),
                                                else_branch=body([node("Add", "a,m", "z"), node("Exp", "z", "q")], [],
                                                                 ["q"]))], imports)
    every = body([ALWAYS, node("Mul", "s,x", "m"), helper.make_node("Flip", ["m", "c"], ["s_out"], domain="own")],
                 [ITERATION, GOES_ON, "s"], [ON_OUT, "s_out"])
    for value in (False, True):
        ops.record(f"If/in_a_function_in_a_loop_{int(value)}", 15, [node("Loop", "n,yes,x", "y", body=every)],
                   {"x": data(2, 3), "c": np.array(value)}, {"n": i64(3)[0], "yes": TRUE}, ["y"], functions=[flip])


def main():
    for family in (recurrent_layers, loops, scans, branches, functions):
        family()
    here = pathlib.Path(__file__).resolve().parent
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "onnx_control_flow.zip"
    ops.archive.write(path)
    counts = collections.Counter(case["op"] for case in ops.archive.cases)
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    print(f"{path.name}: {len(ops.archive.cases)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
