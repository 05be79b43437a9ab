#!/usr/bin/env node
// Here and not in dist, so that installing finds something to link before anything is built.
import '../dist/cli.js';
