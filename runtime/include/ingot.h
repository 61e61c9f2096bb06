/* Ingot's runtime for C, and for whatever can call C. The binary interface is stable: objects are opaque, numbers of
 * enumerations keep their meaning, structures begin with their size and only ever grow at their end.
 *
 *   ingot_runtime* runtime;
 *   ingot_program* program;
 *   ingot_method* method;
 *   ingot_runtime_create(&runtime);
 *   ingot_runtime_add_portable_kernels(runtime);          // link ingot_kernels
 *   ingot_runtime_add_xnnpack(runtime, 0);                // link ingot_xnnpack
 *   ingot_program_open(runtime, "net.pte", INGOT_SOURCE_MAP, &program);
 *   ingot_method_load(program, "forward", &method);
 *   ingot_method_set_input(method, 0, INGOT_FLOAT32, sizes, rank, data);
 *   ingot_method_execute(method);
 *   ingot_tensor result = {sizeof result};
 *   ingot_method_output(method, 0, &result);
 *
 * Every function that can fail returns INGOT_OK (0) or another status, and then ingot_error_message() has one line that
 * says what is wrong. Objects are destroyed in the reverse order of their making: methods, then the program, then the
 * runtime; destroying a null pointer does nothing. A runtime is filled first, then only read; a program is immutable
 * and may be used from several threads; a method belongs to one thread at a time, and different methods may run in
 * parallel. After ingot_method_load nothing allocates while shapes do not grow. */
#ifndef INGOT_H_
#define INGOT_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define INGOT_API __attribute__((visibility("default")))
#else
#define INGOT_API
#endif

typedef int32_t ingot_status;
enum {
  INGOT_OK = 0,
  INGOT_INVALID_ARGUMENT = 1, /* the caller passed something wrong: a shape, a dtype, an index */
  INGOT_INVALID_FILE = 2,     /* a file's content breaks its format's rules */
  INGOT_INVALID_STATE = 3,    /* called in the wrong order */
  INGOT_NOT_FOUND = 4,        /* no such file, method, key */
  INGOT_NOT_SUPPORTED = 5,    /* well-formed, but beyond what this build can do */
  INGOT_MISSING_OPERATOR = 6, /* a kernel or delegate that the program needs was not added */
  INGOT_OUT_OF_MEMORY = 7,    /* an allocation failed, or a caller's buffer is too small */
  INGOT_IO = 8,               /* the operating system refused to read or write */
  INGOT_DELEGATE_FAILED = 9,  /* a delegate's library reported a failure */
  INGOT_LIMIT_EXCEEDED = 10,  /* a guard was hit */
  INGOT_INTERNAL = 11         /* a bug in Ingot */
};

/* One line about the last call on this thread that failed; valid until the next that does. Never null. */
INGOT_API const char* ingot_error_message(void);
/* The name of a status: "invalid file". Never null. */
INGOT_API const char* ingot_status_name(ingot_status status);

/* Element types; the numbers are those of the .pte format. */
typedef int32_t ingot_dtype;
enum {
  INGOT_UINT8 = 0,
  INGOT_INT8 = 1,
  INGOT_INT16 = 2,
  INGOT_INT32 = 3,
  INGOT_INT64 = 4,
  INGOT_FLOAT16 = 5,
  INGOT_FLOAT32 = 6,
  INGOT_FLOAT64 = 7,
  INGOT_BOOL = 11,
  INGOT_BFLOAT16 = 15,
  INGOT_UINT16 = 27,
  INGOT_UINT32 = 28,
  INGOT_UINT64 = 29
};

typedef struct ingot_runtime ingot_runtime;
typedef struct ingot_program ingot_program;
typedef struct ingot_method ingot_method;

/* --- What programs may use ---------------------------------------------------------------------------------------- */

INGOT_API ingot_status ingot_runtime_create(ingot_runtime** runtime);
INGOT_API void ingot_runtime_destroy(ingot_runtime* runtime);
/* How many instructions one execution may run before it fails; ten million unless set. */
INGOT_API ingot_status ingot_runtime_set_instruction_limit(ingot_runtime* runtime, uint64_t limit);
/* In the library ingot_kernels. */
INGOT_API ingot_status ingot_runtime_add_portable_kernels(ingot_runtime* runtime);
/* In the library ingot_quantized_kernels: what quantized models need besides. */
INGOT_API ingot_status ingot_runtime_add_quantized_kernels(ingot_runtime* runtime);
/* In the library ingot_xnnpack: the delegate, and a pool of threads for it and for the kernels. 0 threads: the
 * machine's performance cores. */
INGOT_API ingot_status ingot_runtime_add_xnnpack(ingot_runtime* runtime, size_t threads);

/* --- Programs ----------------------------------------------------------------------------------------------------- */

typedef int32_t ingot_source;
enum {
  INGOT_SOURCE_MAP = 0, /* weights are used where they lie in the mapped file */
  INGOT_SOURCE_READ = 1 /* the file is read into memory */
};

/* Both verify the whole program before they return it. */
INGOT_API ingot_status ingot_program_open(const ingot_runtime* runtime, const char* path, ingot_source source,
                                          ingot_program** program);
/* The bytes stay the caller's, outlive the program, and start at a multiple of 16. */
INGOT_API ingot_status ingot_program_from_memory(const ingot_runtime* runtime, const void* data, size_t size,
                                                 ingot_program** program);
INGOT_API void ingot_program_destroy(ingot_program* program);

typedef struct {
  size_t struct_size; /* set by the caller: sizeof(ingot_method_info) */
  const char* name;   /* as long as the program */
  size_t num_inputs;
  size_t num_outputs;
} ingot_method_info;

INGOT_API size_t ingot_program_num_methods(const ingot_program* program);
INGOT_API ingot_status ingot_program_method_info(const ingot_program* program, size_t index, ingot_method_info* info);

/* A tensor that a method takes or gives, at the largest sizes it may have. Pointers live as long as the program. */
typedef struct {
  size_t struct_size; /* set by the caller: sizeof(ingot_tensor_info) */
  ingot_dtype dtype;
  int32_t resizable; /* are smaller sizes fine too? */
  size_t rank;
  const int32_t* sizes;
  const uint8_t* dim_order; /* outermost to innermost: how the elements lie in memory */
  size_t nbytes;
} ingot_tensor_info;

INGOT_API ingot_status ingot_program_input_info(const ingot_program* program, const char* method, size_t index,
                                                ingot_tensor_info* info);
INGOT_API ingot_status ingot_program_output_info(const ingot_program* program, const char* method, size_t index,
                                                 ingot_tensor_info* info);

/* What a caller supplies who wants to own every byte of a method. Exact. Delegates allocate their own memory besides.
 */
typedef struct {
  size_t struct_size;         /* set by the caller: sizeof(ingot_memory_requirements) */
  size_t method_bytes;        /* alignment 16 */
  size_t scratch_bytes;       /* alignment 64 */
  size_t num_arenas;          /* alignment of each: 16, better 64 */
  const int64_t* arena_bytes; /* num_arenas numbers; as long as the program */
  size_t prepared_bytes;      /* alignment 64 */
} ingot_memory_requirements;

INGOT_API ingot_status ingot_program_memory_requirements(const ingot_program* program, const char* method,
                                                         ingot_memory_requirements* needed);

/* --- Methods ------------------------------------------------------------------------------------------------------ */

INGOT_API ingot_status ingot_method_load(const ingot_program* program, const char* name, ingot_method** method);

/* The caller's memory, by the numbers of ingot_memory_requirements; it outlives the method. */
typedef struct {
  size_t struct_size; /* set by the caller: sizeof(ingot_method_memory) */
  void* method;
  size_t method_bytes;
  void* scratch;
  size_t scratch_bytes;
  size_t num_arenas;
  void* const* arenas;
  const size_t* arena_bytes;
  void* prepared;
  size_t prepared_bytes;
} ingot_method_memory;

INGOT_API ingot_status ingot_method_load_in(const ingot_program* program, const char* name,
                                            const ingot_method_memory* memory, ingot_method** method);
INGOT_API void ingot_method_destroy(ingot_method* method);

/* Copies, or where the program plans no memory for the input, refers to `data`, which then stays until the next call.
 * dtype and sizes must be what ingot_program_input_info says; the elements lie in the input's dim_order. */
INGOT_API ingot_status ingot_method_set_input(ingot_method* method, size_t index, ingot_dtype dtype,
                                              const int32_t* sizes, size_t rank, const void* data);
/* The caller's memory for an output that the program plans none for. */
INGOT_API ingot_status ingot_method_set_output(ingot_method* method, size_t index, void* data, size_t bytes);

INGOT_API ingot_status ingot_method_execute(ingot_method* method);

/* A tensor as it is now. Pointers are valid until the next execution. */
typedef struct {
  size_t struct_size; /* set by the caller: sizeof(ingot_tensor) */
  ingot_dtype dtype;
  int32_t reserved;
  size_t rank;
  const int32_t* sizes;
  const uint8_t* dim_order;
  const int64_t* strides; /* in elements, one a dimension */
  size_t nbytes;
  void* data; /* null for an input that has none yet */
} ingot_tensor;

/* The input's own memory may be written in place of ingot_method_set_input, where the program plans it. */
INGOT_API ingot_status ingot_method_input(ingot_method* method, size_t index, ingot_tensor* tensor);
INGOT_API ingot_status ingot_method_output(const ingot_method* method, size_t index, ingot_tensor* tensor);

#ifdef __cplusplus
}
#endif

#endif /* INGOT_H_ */
