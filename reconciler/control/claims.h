/* SPDX-License-Identifier: Apache-2.0 */
/* pure */
/*
 * The claims of a StatefulSet's pods: TEMPLATE-SET-N for each of its volumeClaimTemplates, made with the pod and
 * outliving it. When they go is persistentVolumeClaimRetentionPolicy's to say; it is kept, as in Kubernetes
 * (stateful_pod_control.go, claimOwnerMatchesSetAndPod), as the claim's owner, with whom it goes:
 *
 *   whenDeleted  whenScaled   owner of a claim   … whose pod is to go by scaling
 *   Retain       Retain       none               none
 *   Delete       Retain       the StatefulSet    the StatefulSet
 *   Retain       Delete       none               the pod
 *   Delete       Delete       the StatefulSet    the pod
 *
 * A claim that git has is used, and never owned.
 */
#pragma once

#include "reconciler/control/control.h"

/* Makes the claims of S's pod ORDINAL that aren't there. */
void claims_make(struct control *c, struct world_stateful_set *s, int64_t ordinal);
/* Puts their owner right; CONDEMNED: P is to go because there are too many. */
void claims_own(struct control *c, struct world_stateful_set *s, struct world_pod *p, bool condemned);
/* OWNER is gone: so are its claims. */
void claims_go_with(struct control *c, const struct world_object *owner);
/* S is about to go: its claims that are to go wait for the last of its pods. */
void claims_set_goes(struct control *c, struct world_stateful_set *s);
