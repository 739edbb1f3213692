#pragma once
#include "prescriptions/report.h"
#include "prescriptions/table.h"

/*
 * Units that wait for themselves by should_include.dependencies, directly or through others, can never
 * come in: each of them is a fault.
 */
void presc_report_waiting(const struct presc_table *table, struct presc_report *report);
