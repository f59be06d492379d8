/* Marks what the shared libraries show of themselves: what stands in these headers, and nothing
 * else. For C and C++. */
#pragma once

#define ENGRAFT_API __attribute__((visibility("default")))
