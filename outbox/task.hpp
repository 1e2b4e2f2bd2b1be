// task.hpp -- the coroutine type that ports speak.
// Owns:    nothing.
// Thread:  a Task resumes on the executor on which it was awaited.
// Fails:   through Result<T>; a Task that throws is a defect.
// Never:   is awaited twice.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace rolecall {

template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace rolecall
