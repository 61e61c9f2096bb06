// Folding calls into those before them: an activation behind a convolution costs nothing when the convolution clamps
// what it stores. The file plans memory for both results, and the second often lies where the first call's inputs are,
// so the arenas are planned anew for what is left. Only methods that run straight through are changed. Bounded work: a
// method of very many tensors is left alone.

#include <algorithm>

#include "runtime/executor/method_impl.h"

namespace ingot {
namespace {

constexpr size_t kMostPlaces = 512;
constexpr size_t kMostInstructions = 4096;
constexpr size_t kLeastAlignment = 16;
constexpr uint32_t kNever = UINT32_MAX;

// Calls f(value, letter) for the arguments of a kernel call, by the letters of its signature.
template <typename F>
void for_each_argument(const Instruction& instruction, F&& f) {
  size_t i = 0;
  for (const char* c = instruction.kernel->signature; *c != '\0' && i < instruction.count; ++c) {
    if (*c != '?') f(*instruction.args[i++], *c);
  }
}

template <typename F>
void for_each_tensor(const Value& value, F&& f) {
  if (value.kind == Value::Kind::tensor) f(value.tensor);
  if (value.kind == Value::Kind::tensor_list) {
    for (Tensor* tensor : value.tensors) {
      if (tensor != nullptr) f(tensor);
    }
  }
}

bool overlap_in_time(const Place& a, const Place& b) {
  return a.first <= b.last && b.first <= a.last;
}
bool overlap_in_memory(const Place& a, const Place& b) {
  return a.arena == b.arena && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

bool can_follow(const Kernel& kernel) {
  return kernel.extras != nullptr && kernel.extras->follow != nullptr;
}
bool can_accept(const Kernel& kernel) {
  return kernel.extras != nullptr && kernel.extras->accepts != nullptr;
}

size_t index_of(const Method::Impl& method, const Value* value) {
  return static_cast<size_t>(value - method.values.data());
}

// Does the call take the same numbers whenever it runs?
bool numbers_are_fixed(const Method::Impl& method, const Instruction& call) {
  const auto varies = [&](const Value* value) { return method.varies[index_of(method, value)]; };
  return std::ranges::none_of(std::span(call.args, call.count), [&](const Value* arg) {
    return arg->kind == Value::Kind::int_list ? std::ranges::any_of(arg->ints.items, varies) : varies(arg);
  });
}

void note_numbers_that_vary(Method::Impl& method) {
  const auto note = [&](const Value& value) {
    const bool is_number = value.kind != Value::Kind::tensor && value.kind != Value::Kind::tensor_list;
    if (is_number) method.varies[index_of(method, &value)] = true;
  };
  for (const int32_t i : as_span(method.plan.inputs())) note(method.values[static_cast<size_t>(i)]);
  for (const Instruction& instruction : method.instructions) {
    if (instruction.kind == Instruction::Kind::move) note(*instruction.move_to);
    if (instruction.kind != Instruction::Kind::kernel) continue;
    for_each_argument(instruction, [&](const Value& value, char letter) {
      if (letter == 'V') note(value);
    });
  }
}

Value* const* first_output(const Instruction& instruction) {
  Value* const* found = nullptr;
  size_t i = 0;
  for_each_argument(instruction, [&](const Value&, char letter) {
    if (letter == 'O' && found == nullptr) found = &instruction.args[i];
    ++i;
  });
  return found;
}
// Null where there are several.
Value* const* only_output(const Instruction& instruction) {
  size_t outputs = 0;
  for_each_argument(instruction,
                    [&](const Value&, char letter) { outputs += letter == 'O' || letter == 'N' || letter == 'V'; });
  return outputs == 1 ? first_output(instruction) : nullptr;
}

class Folder {
 public:
  explicit Folder(Method::Impl& method)
      : method_(method),
        end_(static_cast<uint32_t>(method.instructions.size())),
        inputs_(as_span(method.plan.inputs())),
        outputs_(as_span(method.plan.outputs())) {}

  void run() {
    read_places();
    const auto planned = std::ranges::count_if(method_.places, [](const Place& place) { return place.bytes > 0; });
    if (static_cast<size_t>(planned) > kMostPlaces || end_ > kMostInstructions || !is_straight()) return;
    find_lifetimes();
    if (!plan_is_plain()) return;
    find_constants();
    if (!has_followers() || fold() == 0) return;
    find_lifetimes();
    if (place_all(Memory::kAlignment) || place_all(kLeastAlignment)) return;
    unfold();
    for (Place& place : method_.places) place.offset = place.file_offset;
  }

 private:
  // Where the file plans tensors. Those with an initial state stay where that is copied to.
  void read_places() {
    for (size_t i = 0; i < method_.values.size(); ++i) {
      if (method_.values[i].kind != Value::Kind::tensor) continue;
      const pte::Tensor& from = *method_.plan.values()->Get(static_cast<flatbuffers::uoffset_t>(i))->val_as_Tensor();
      if (tensor_storage(from) != Storage::planned) continue;
      const PlannedPlace planned = planned_place(*from.allocation_info());
      Place& place = place_of(method_.values[i].tensor);
      place.arena = planned.arena;
      place.offset = place.file_offset = planned.offset;
      place.bytes = method_.values[i].tensor->capacity();
      place.shared = from.data_buffer_idx() != 0;
    }
  }

  // What a delegate does with an argument is its own affair, so methods with such are left alone, too.
  bool is_straight() const {
    return std::ranges::none_of(method_.instructions, [](const Instruction& instruction) {
      return instruction.kind == Instruction::Kind::jump_false || instruction.kind == Instruction::Kind::move ||
             instruction.kind == Instruction::Kind::delegate;
    });
  }
  bool has_followers() const {
    return std::ranges::any_of(method_.kernels, [](const Kernel* kernel) { return can_follow(*kernel); });
  }

  Place& place_of(const Tensor* tensor) const {
    return method_.places[static_cast<size_t>(tensor - method_.tensors.data())];
  }

  // When each tensor is in use; a method's inputs from the start, its outputs to the end. Calls that were folded use
  // nothing.
  void find_lifetimes() {
    for (Place& place : method_.places) place.first = kNever, place.last = place.until, place.uses = 0;
    const auto use = [&](const Tensor* tensor, uint32_t at, bool reads) {
      Place& place = place_of(tensor);
      if (place.first == kNever) place.reads_first = reads;
      place.first = std::min(place.first, at);
      place.last = std::max(place.last, at);
      ++place.uses;
    };
    for (const int32_t i : inputs_) {
      for_each_tensor(method_.values[static_cast<size_t>(i)], [&](const Tensor* tensor) { use(tensor, 0, false); });
    }
    for (uint32_t i = 0; i < end_; ++i) {
      if (method_.instructions[i].kind != Instruction::Kind::kernel) continue;
      for_each_argument(method_.instructions[i], [&](const Value& value, char letter) {
        const bool reads = letter != 'O' && letter != 'N';
        for_each_tensor(value, [&](const Tensor* tensor) { use(tensor, i, reads); });
      });
    }
    for (const int32_t i : outputs_) {
      for_each_tensor(method_.values[static_cast<size_t>(i)], [&](const Tensor* tensor) { use(tensor, end_, true); });
    }
  }

  static bool is_placed(const Place& place) { return place.bytes > 0 && place.first != kNever; }

  // Does no tensor lie where another does that is in use at the same time? Notes which tensors have their bytes for
  // themselves (inputs that keep their values, and state, are among them), and which are two names of the same bytes.
  bool plan_is_plain() {
    for (Place& a : method_.places) {
      if (!is_placed(a)) continue;
      a.exclusive = true;
      for (const Place& b : method_.places) {
        if (&a == &b || !is_placed(b) || !overlap_in_memory(a, b)) continue;
        if (overlap_in_time(a, b)) return false;
        a.exclusive = false;
      }
    }
    return std::ranges::all_of(method_.places, [&](Place& place) { return !is_placed(place) || find_source(place); });
  }

  // A tensor that is read though nothing wrote it is another's view: of the last that was written there before. False
  // where that is not a single one.
  bool find_source(Place& view) {
    if (!view.reads_first) return true;
    Place* source = nullptr;
    for (Place& place : method_.places) {
      if (&place == &view || !is_placed(place) || !overlap_in_memory(place, view) || place.first > view.first) continue;
      if (source == nullptr || place.first > source->first) source = &place;
    }
    if (source == nullptr) return true;
    if (source->offset > view.offset || source->offset + source->bytes < view.offset + view.bytes) return false;
    source->until = view.first;
    source->shared = view.shared = true;
    return true;
  }

  // Calls on nothing but constants give a constant: they run once, and what they give lives apart from the arenas.
  void find_constants() {
    for (Place& place : method_.places) place.writes = 0;
    for (const Instruction& instruction : method_.instructions) {
      if (instruction.kind != Instruction::Kind::kernel) continue;
      for_each_argument(instruction, [&](const Value& value, char letter) {
        if (letter == 'O' || letter == 'N') for_each_tensor(value, [&](const Tensor* t) { ++place_of(t).writes; });
      });
    }
    for (const int32_t i : inputs_) {
      for_each_tensor(method_.values[static_cast<size_t>(i)], [&](const Tensor* t) { ++place_of(t).writes; });
    }
    for (Instruction& call : method_.instructions) {
      if (call.kind != Instruction::Kind::kernel || !gives_constant(call)) continue;
      Place& place = place_of((*only_output(call))->tensor);
      call.kind = Instruction::Kind::once;
      call.prepared = {static_cast<std::byte*>(nullptr), place.bytes};
      place.bytes = 0;
      place.constant = true;
      // From here on, so that what reads it plans to prepare it; its elements come first, in finish().
      (*only_output(call))->tensor->set_constant();
    }
  }

  bool gives_constant(const Instruction& call) const {
    // Kernels that begin with their output may leave parts of it as they are.
    if (call.kernel->signature[0] != 'T' || only_output(call) == nullptr || !numbers_are_fixed(method_, call))
      return false;
    if (call.kernel->extras != nullptr && call.kernel->extras->prepared != nullptr) return false;
    const Place& place = place_of((*only_output(call))->tensor);
    bool constant = place.bytes > 0 && !place.shared && place.writes == 1;
    for_each_argument(call, [&](const Value& value, char letter) {
      if (letter == 'O') return;
      for_each_tensor(value,
                      [&](const Tensor* t) { constant = constant && (t->is_constant() || place_of(t).constant); });
    });
    return constant;
  }

  size_t fold() {
    Epilogue* next = method_.epilogues.data();
    for (uint32_t i = 0; i < end_; ++i) {
      Instruction& call = method_.instructions[i];
      if (call.kind != Instruction::Kind::kernel || !can_accept(*call.kernel)) continue;
      Epilogue epilogue;
      for (uint32_t j = i + 1; j < end_; ++j) {
        Instruction& follower = method_.instructions[j];
        if (follower.kind == Instruction::Kind::nothing || follower.kind == Instruction::Kind::once) continue;
        if (!fold_one(call, follower, j, epilogue)) break;
        call.epilogue = next;
        *next = epilogue;
      }
      if (call.epilogue != nullptr) ++next;
    }
    return static_cast<size_t>(next - method_.epilogues.data());
  }

  // Where the only use of what `call` gives is that `follower`, instruction j, makes an elementwise function of it.
  bool fold_one(Instruction& call, Instruction& follower, uint32_t j, Epilogue& epilogue) {
    if (follower.kind != Instruction::Kind::kernel || !can_follow(*follower.kernel)) return false;
    Value* const* const between = only_output(call);
    Value* const* const after = first_output(follower);
    if (between == nullptr || after == nullptr || *between != follower.args[0]) return false;
    const Tensor& from = *(*between)->tensor;
    const Tensor& to = *(*after)->tensor;
    const Place& place = place_of(&from);
    // Made by the call (whatever was folded into it so far), read by the follower, of no use to anybody else.
    if (place.bytes == 0 || place.shared || place.uses != 2 || place.last != j) return false;
    if (place_of(&to).first < j || place_of(&to).shared || !same_layout(from, to) ||
        !outputs_are_unused(follower, *after))
      return false;
    if (!numbers_are_fixed(method_, follower)) return false;
    Epilogue both = epilogue;
    const KernelArgs args({call.args, call.count});
    if (!follower.kernel->extras->follow(KernelArgs({follower.args, follower.count}), both)) return false;
    if (!call.kernel->extras->accepts(args, both)) return false;
    epilogue = both;
    // The follower's own argument remembers the value between, for unfold().
    std::swap(const_cast<Value*&>(*between), const_cast<Value*&>(*after));
    follower.kind = Instruction::Kind::folded;
    return true;
  }

  // Back to the file's instructions and plan, last folded first.
  void unfold() {
    for (uint32_t i = 0; i < end_; ++i) {
      Instruction& call = method_.instructions[i];
      if (call.kind != Instruction::Kind::kernel || call.epilogue == nullptr) continue;
      uint32_t last = i;
      for (uint32_t j = i + 1; j < end_ && method_.instructions[j].kind != Instruction::Kind::kernel; ++j) {
        if (method_.instructions[j].kind == Instruction::Kind::folded) last = j;
      }
      for (uint32_t j = last; j > i; --j) {
        Instruction& follower = method_.instructions[j];
        if (follower.kind != Instruction::Kind::folded) continue;
        follower.kind = Instruction::Kind::kernel;
        std::swap(const_cast<Value*&>(*only_output(call)), const_cast<Value*&>(*first_output(follower)));
      }
      call.epilogue = nullptr;
    }
  }

  // Has the follower no outputs that somebody reads, besides the one it is folded for?
  bool outputs_are_unused(const Instruction& follower, const Value* besides) const {
    bool unused = true;
    for_each_argument(follower, [&](const Value& value, char letter) {
      if (&value == besides || letter == 'T' || letter == 'm' || letter == 'M') return;
      if (letter == 'O') unused = unused && place_of(value.tensor).uses == 1;
      if (letter == 'N' || letter == 'V') unused = false;
    });
    return unused;
  }

  static bool same_layout(const Tensor& a, const Tensor& b) {
    return a.dtype() == DType::float32 && b.dtype() == DType::float32 && std::ranges::equal(a.sizes(), b.sizes()) &&
           std::ranges::equal(a.dim_order(), b.dim_order()) && a.resizable() == b.resizable();
  }

  // Gives every tensor in use a place in its arena: those with bytes of their own and those with several names keep
  // these, the rest go by size, each into the lowest gap among those that are in use at the same time. False where an
  // arena would have to grow.
  bool place_all(size_t alignment) {
    const std::span<const int64_t> arenas = arena_sizes(method_.plan);
    for (Place& place : method_.places) place.placed = is_placed(place) && (place.exclusive || place.shared);
    while (true) {
      Place* largest = nullptr;
      for (Place& place : method_.places) {
        if (!is_placed(place) || place.placed) continue;
        if (largest == nullptr || place.bytes > largest->bytes) largest = &place;
      }
      if (largest == nullptr) return true;
      if (!place_one(*largest, static_cast<size_t>(arenas[largest->arena]), alignment)) return false;
    }
  }

  bool place_one(Place& place, size_t arena, size_t alignment) {
    place.placed = true;
    place.offset = 0;
    const auto in_the_way = [&](const Place& other) {
      return &other != &place && other.placed && overlap_in_memory(place, other) &&
             (other.exclusive || overlap_in_time(place, other));
    };
    // Upwards over what is in the way; each step passes one of them for good.
    for (size_t steps = 0; steps <= method_.places.size(); ++steps) {
      const auto other = std::ranges::find_if(method_.places, in_the_way);
      if (other == method_.places.end()) return place.offset <= arena && place.bytes <= arena - place.offset;
      place.offset = (other->offset + other->bytes + alignment - 1) / alignment * alignment;
      if (place.offset >= arena) return false;
    }
    return false;
  }

  Method::Impl& method_;
  uint32_t end_;
  std::span<const int32_t> inputs_;
  std::span<const int32_t> outputs_;
};

// What a call keeps, if it keeps something.
Result<size_t> prepared_bytes(const Method::Impl& method, const Instruction& instruction) {
  if (instruction.kind == Instruction::Kind::once) return instruction.prepared.size();
  if (instruction.kind != Instruction::Kind::kernel || instruction.kernel->extras == nullptr ||
      instruction.kernel->extras->prepared == nullptr || !numbers_are_fixed(method, instruction)) {
    return size_t{0};
  }
  KernelContext context;
  context.epilogue = instruction.epilogue;
  return instruction.kernel->extras->prepared(context, KernelArgs({instruction.args, instruction.count}));
}

// Gives every call its part of the prepared bytes, whose block is not there yet.
Result<void> plan_prepared(Method::Impl& method) {
  for (size_t i = 0; i < method.instructions.size(); ++i) {
    Instruction& instruction = method.instructions[i];
    Result<size_t> bytes = prepared_bytes(method, instruction);
    size_t end = 0;
    if (bytes && (!checked_align_up(*bytes, Memory::kAlignment, &end) ||
                  !checked_add(method.prepared_bytes, end, &method.prepared_bytes))) {
      bytes = fail(ErrorCode::out_of_memory, "prepared constants are larger than this machine's addresses");
    }
    if (!bytes) {
      bytes.error().add_context("in instruction %zu, %s", i, instruction.kernel->name);
      return std::unexpected(bytes.error());
    }
    if (*bytes > 0) instruction.prepared = {static_cast<std::byte*>(nullptr), *bytes};
  }
  return {};
}

// Makes what a call keeps, in context.prepared.
Result<void> prepare(Method::Impl& method, const Instruction& instruction) {
  const KernelArgs args({instruction.args, instruction.count});
  if (instruction.kind != Instruction::Kind::once) return instruction.kernel->extras->prepare(method.context, args);
  Tensor& out = *(*only_output(instruction))->tensor;
  out.set_data(instruction.prepared.data(), instruction.prepared.size());
  return instruction.kernel->run(method.context, args);
}

Result<void> plan(Method::Impl& method) {
  note_numbers_that_vary(method);
  Folder(method).run();
  return plan_prepared(method);
}

Result<void> finish(Method::Impl& method) {
  for (size_t i = 0; i < method.tensors.size(); ++i) {
    const Place& place = method.places[i];
    if (place.offset == place.file_offset) continue;
    Tensor& tensor = method.tensors[i];
    tensor.set_data(tensor.data_as<std::byte>() - place.file_offset + place.offset, tensor.capacity());
  }
  std::span<std::byte> rest = method.context.prepared;
  for (size_t i = 0; i < method.instructions.size(); ++i) {
    Instruction& instruction = method.instructions[i];
    const size_t bytes = instruction.prepared.size();
    if (bytes == 0) continue;
    instruction.prepared = rest.first(bytes);
    rest = rest.subspan((bytes + Memory::kAlignment - 1) & ~(Memory::kAlignment - 1));
    method.context.prepared = instruction.prepared;
    method.context.epilogue = instruction.epilogue;
    Result<void> result = prepare(method, instruction);
    if (!result) {
      result.error().add_context("in instruction %zu, %s", i, instruction.kernel->name);
      return result;
    }
  }
  return {};
}

}  // namespace

constinit const MethodPlanner kMethodPlanner = {plan, finish};

}  // namespace ingot
