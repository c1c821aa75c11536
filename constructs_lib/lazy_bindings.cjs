// Preloaded into the jsii child process by constructs_lib/aws.py.
//
// The provider package's index.js requires each of its 1,500 resource modules
// when it is loaded, of which a stack uses about ten. Here each of those
// requires answers with a stand-in, which loads the module at its first use.
'use strict';
const Module = require('node:module');

const load = Module._load;
const providerIndex = /[\\/]@cdkt[fn][\\/]provider-aws[\\/]lib[\\/]index\.js$/;

function standIn(loadModule) {
  let loaded;
  const target = () => (loaded ??= loadModule());
  return new Proxy({}, {
    // The `import *` of newer compilers asks each module whether it is an ES module; all of these are.
    get: (_, name) => (name === '__esModule' ? true : target()[name]),
    has: (_, name) => name in target(),
    ownKeys: () => Reflect.ownKeys(target()),
    getOwnPropertyDescriptor: (_, name) => {
      const descriptor = Object.getOwnPropertyDescriptor(target(), name);
      // A proxy may report only what its (empty) own object could have.
      return descriptor && { ...descriptor, configurable: true };
    },
  });
}

Module._load = function (request, parent, ...rest) {
  if (request.startsWith('./') && parent && providerIndex.test(parent.filename)) {
    return standIn(() => load.call(this, request, parent, ...rest));
  }
  return load.call(this, request, parent, ...rest);
};
