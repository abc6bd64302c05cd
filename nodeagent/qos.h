/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/* A pod's quality of service class (kubernetes.io/docs/concepts/workloads/pods/pod-qos; kubelet's pkg/apis/core/v1/helper/qos). */
#pragma once

#include "lib/object/pod.h"

/* "Guaranteed", "Burstable" or "BestEffort". */
const char *qos_class(const struct pod_spec *spec);
