#pragma once
#include "packaging/lock.h"

/*
 * What the code uses, as plain data: staticscan finds it, advise hands it over, the resolver's units ask
 * for it.
 */
struct usage {
	struct str symbol;   /* "tempfile.mktemp"; its library is the part before the first '.' */
	struct str keywords; /* of a call worth knowing, literal arguments as JSON; "" none */
	bool possible;       /* else certain */
	struct origin origin;
};
