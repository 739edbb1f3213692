#pragma once

/*
 * The keys of the language, in the order of their ids: a compiled set holds them as its first strings, so
 * that reading a unit compares numbers. A new key goes to the end, and TABLE_VERSION up by one.
 */
/* clang-format off */
#define PRESC_KEYS(X) \
	X(name) X(type) X(should_include) X(match) X(run) X(adviser_pipeline) \
	X(dependency_monkey_pipeline) X(times) X(recommendation_types) X(decision_types) \
	X(authenticated) X(labels) X(library_usage) X(dependencies) X(runtime_environments) \
	X(operating_systems) X(hardware) X(python_version) X(cuda_version) X(cudnn_version) \
	X(openblas_version) X(openmpi_version) X(mkl_version) X(platforms) X(base_images) X(abi) \
	X(rpm_packages) X(python_packages) X(version) X(cpu_families) X(cpu_models) X(gpu_models) \
	X(cpu_flags) X(not) X(package_name) X(arch) X(epoch) X(package_identifier) \
	X(package_version) X(release) X(src) X(location) X(index_url) X(develop) X(state) \
	X(resolved_dependencies) X(package_version_from) X(package_version_from_allow_other) \
	X(group) X(stack_info) X(log) X(message) X(link) X(justification) X(advisory) X(cve_id) \
	X(cve_name) X(version_range) X(score) X(not_acceptable) X(eager_stop_pipeline) \
	X(multi_package_resolution) X(yield) X(yield_matched_version) X(locked_version) \
	X(advised_manifest_changes) X(release_notes) X(organization) X(repository) \
	X(tag_version_prefix) X(boots) X(pseudonyms) X(sieves) X(steps) X(strides) X(wraps)
/* clang-format on */

#define PRESC_KEY_ID(word) KEY_##word,
enum presc_key { PRESC_KEYS(PRESC_KEY_ID) PRESC_KEY_COUNT };
